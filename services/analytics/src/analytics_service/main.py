"""The analytics service."""

from fastapi import FastAPI

from analytics_service.background import RETENTION, STARTUP, WORK
from analytics_service.routers import ALL, QUICK
from analytics_service.settings import Settings
from analytics_service.subscriptions import subscriptions
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        ALL,
        listens=subscriptions,
        startup=STARTUP,
        background=WORK,
        purge=RETENTION,
        fast_reads=QUICK,
    )
