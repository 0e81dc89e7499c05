"""The notification service."""

from fastapi import FastAPI

from notification_service import background
from notification_service.routers import ALL, FAST_READS
from notification_service.settings import Settings
from notification_service.subscriptions import subscriptions
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        ALL,
        events=subscriptions,
        startup=background.STARTUP,
        background=background.WORK,
        fast_reads=FAST_READS,
    )
