"""The task service."""

from fastapi import FastAPI

from servicekit.app import create_app
from task_service.background import PURGE, STARTUP, WORK
from task_service.routers import ALL, FAST_READS
from task_service.settings import Settings
from task_service.subscriptions import subscriptions


def create(settings: Settings | None = None) -> FastAPI:
    given = settings or Settings()
    return create_app(
        given, ALL, events=subscriptions, startup=STARTUP, background=WORK, purge=PURGE, fast_reads=FAST_READS
    )
