"""The task service."""

from fastapi import FastAPI

from servicekit.app import create_app
from task_service import routes
from task_service.settings import Settings
from task_service.subscriptions import subscriptions


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(settings or Settings(), [routes.tasks], listens=subscriptions)
