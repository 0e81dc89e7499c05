"""The task service."""

from fastapi import FastAPI

from servicekit.app import create_app
from task_service import background, routers
from task_service.settings import Settings
from task_service.subscriptions import subscriptions


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
