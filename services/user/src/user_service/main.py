"""The user service."""

from fastapi import FastAPI

from servicekit.app import create_app
from user_service import keys, routes
from user_service.settings import Settings


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        [routes.auth, routes.users, routes.keys],
        startup=[keys.load],
    )
