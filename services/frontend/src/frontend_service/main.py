"""The frontend: web pages, live stream, and the edge of the API."""

from fastapi import FastAPI

from frontend_service import api, subscriptions
from frontend_service.live import Hub
from frontend_service.settings import Settings
from frontend_service.startup import open_edge
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    routers = [api.router]
    app = create_app(settings or Settings(), routers, has_database=False, public=True, startup=[open_edge])
    app.state.hub = Hub()
    subscriptions.mount(app, app.state.hub)
    return app
