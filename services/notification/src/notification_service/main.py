"""The notification service."""

from fastapi import FastAPI

from notification_service import background, routers
from notification_service.settings import Settings
from notification_service.subscriptions import subscriptions
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        routers.ALL,
        events=subscriptions,
        startup=background.STARTUP,
        background=background.WORK,
        purge=background.PURGE_JOBS,
        fast_reads=routers.FAST_READS,
    )
