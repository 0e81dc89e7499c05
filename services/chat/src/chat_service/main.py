"""The chat service."""

from fastapi import FastAPI

from chat_service import agents, routes
from chat_service.settings import Settings
from chat_service.subscriptions import subscriptions
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        [routes.chat, routes.usage, agents.router],
        listens=subscriptions,
        startup=[agents.open_agents],
        background=[agents.serve_agents],
    )
