"""The task service."""

from fastapi import FastAPI

from servicekit.app import create_app
from task_service import routers
from task_service.changes.use_cases import forget as forget_changes
from task_service.quotas.recorder import LIMITS, limits_of
from task_service.retention import worker as retention
from task_service.settings import Settings
from task_service.subscriptions import subscriptions
from task_service.transfer import worker
from task_service.transfer.use_cases import forget as forget_imports


def create(settings: Settings | None = None) -> FastAPI:
    forget, work = [forget_changes, forget_imports], [worker.run, retention.run]
    app = create_app(
        settings or Settings(), routers.ALL, listens=subscriptions, background=work, forget=forget
    )
    app.state.database.session_info[LIMITS] = limits_of(app.state.settings)
    return app
