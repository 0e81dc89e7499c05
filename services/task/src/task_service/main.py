"""The task service."""

from fastapi import FastAPI

from servicekit.app import create_app
from task_service.background import PURGE, WORK
from task_service.import_export.handover import Handover
from task_service.routers import ALL, FAST_READS
from task_service.settings import Settings
from task_service.subscriptions import subscriptions
from task_service.unit_of_work.session import use_units_of_work


def create(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    app = create_app(settings, ALL, events=subscriptions, background=WORK, purge=PURGE, fast_reads=FAST_READS)
    use_units_of_work(app.state.database, settings)
    app.state.handover = Handover()
    return app
