"""The task service."""

from fastapi import FastAPI

from servicekit.app import create_app
from task_service import routers, use_cases
from task_service.changes.use_cases import forget
from task_service.settings import Settings
from task_service.subscriptions import subscriptions


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(), routers.ALL, listens=subscriptions, forget=[use_cases.purge, forget]
    )
