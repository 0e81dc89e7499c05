"""The user service."""

from fastapi import FastAPI

from servicekit.app import create_app
from user_service.background import PURGE_JOBS, STARTUP
from user_service.routers import ALL, FAST_READS
from user_service.settings import Settings
from user_service.subscriptions import subscriptions


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        ALL,
        events=subscriptions,
        startup=STARTUP,
        purge=PURGE_JOBS,
        fast_reads=FAST_READS,
    )
