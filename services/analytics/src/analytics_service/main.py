"""The analytics service."""

from fastapi import FastAPI

from analytics_service.dead_letters import gauges, retention
from analytics_service.routers import ALL, QUICK
from analytics_service.settings import Settings
from analytics_service.subscriptions import subscriptions
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        ALL,
        listens=subscriptions,
        background=[gauges.refresh_gauges],
        purge=[retention.purge_dead_letters],
        fast_reads=QUICK,
    )
