"""The frontend: web pages, live stream, and the edge of the API."""

from fastapi import FastAPI

from frontend_service.gateway.overload_policy import POLICY
from frontend_service.gateway.security_middleware import speak_in_public
from frontend_service.live import subscriptions
from frontend_service.live.broker import Hub
from frontend_service.routers import ALL
from frontend_service.settings import Settings
from frontend_service.startup import open_edge, open_pages
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    settings, startup = settings or Settings(), [open_edge, open_pages]
    app = create_app(settings, ALL, has_database=False, public=True, startup=startup, admission=POLICY)
    app.state.hub = Hub(app.state.settings.quota_streams)
    subscriptions.mount(app, app.state.hub)
    return speak_in_public(app)
