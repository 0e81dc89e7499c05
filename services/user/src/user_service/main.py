"""The user service."""

from fastapi import FastAPI

from servicekit.app import create_app
from user_service import keys, routes, use_cases
from user_service.api_tokens.routes import api_tokens, exchanges
from user_service.api_tokens.use_cases import forget as forget_tokens
from user_service.settings import Settings
from user_service.subscriptions import subscriptions


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        [routes.auth, routes.credentials, exchanges, routes.users, api_tokens, routes.usage, routes.keys],
        listens=subscriptions,
        startup=[keys.load],
        forget=[forget_tokens, use_cases.forget_refresh_tokens],
    )
