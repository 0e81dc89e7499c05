"""The task service."""

from fastapi import FastAPI

from servicekit.app import create_app
from task_service import routers, use_cases
from task_service.changes.use_cases import forget as forget_changes
from task_service.settings import Settings
from task_service.subscriptions import subscriptions
from task_service.transfer import worker
from task_service.transfer.use_cases import forget as forget_imports


def create(settings: Settings | None = None) -> FastAPI:
    forget, work = [use_cases.purge, forget_changes, forget_imports], [worker.run]
    settings = settings or Settings()
    return create_app(settings, routers.ALL, listens=subscriptions, background=work, forget=forget)
