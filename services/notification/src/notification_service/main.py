"""The notification service."""

from fastapi import FastAPI

from notification_service import background
from notification_service.doors import QUICK, ROUTERS
from notification_service.settings import Settings
from notification_service.subscriptions import subscriptions
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        ROUTERS,
        listens=subscriptions,
        startup=background.STARTUP,
        background=background.WORK,
        quick=QUICK,
    )
