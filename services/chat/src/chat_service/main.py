"""The chat service."""

from fastapi import FastAPI

from chat_service import routes
from chat_service.background import STARTUP, WORK
from chat_service.mcp import routes as mcp
from chat_service.settings import Settings
from chat_service.subscriptions import subscriptions
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        [routes.chat, routes.usage, mcp.router],
        events=subscriptions,
        startup=STARTUP,
        background=WORK,
    )
