"""The user service."""

from fastapi import FastAPI

from servicekit.app import create_app
from user_service.background import FORGET, STARTUP
from user_service.doors import QUICK, ROUTERS
from user_service.settings import Settings
from user_service.subscriptions import subscriptions


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        ROUTERS,
        listens=subscriptions,
        startup=STARTUP,
        forget=FORGET,
        quick=QUICK,
    )
