"""The frontend: web pages, live stream, and the edge of the API."""

from fastapi import FastAPI

from frontend_service import api, assets, subscriptions
from frontend_service.account_export.routes import exports
from frontend_service.live import Hub
from frontend_service.pages.routes import ROUTERS
from frontend_service.public_answers import PublicAnswers, names
from frontend_service.settings import Settings
from frontend_service.startup import open_edge, open_pages
from frontend_service.usage import own_usage
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    routers, startup = [api.own, exports, own_usage, assets.router, *ROUTERS], [open_edge, open_pages]
    settings = settings or Settings()
    app = create_app(settings, routers, has_database=False, public=True, startup=startup)
    app.state.hub = Hub(settings.quota_streams)
    subscriptions.mount(app, app.state.hub)
    app.add_middleware(
        PublicAnswers,
        secure=settings.secure_cookies,
        hosts=names(settings.allowed_hosts),
        origins=names(settings.cors_origins),
    )
    return app
