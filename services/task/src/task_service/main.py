"""The task service."""

from fastapi import FastAPI

from servicekit.app import create_app
from task_service import routes, use_cases
from task_service.settings import Settings
from task_service.structure.routes import filter_routes, label_routes, project_routes
from task_service.subscriptions import subscriptions


def create(settings: Settings | None = None) -> FastAPI:
    routers = [routes.tasks, project_routes, label_routes, filter_routes]
    return create_app(settings or Settings(), routers, listens=subscriptions, forget=[use_cases.purge])
