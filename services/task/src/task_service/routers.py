"""All routes of the service."""

from task_service import routes
from task_service.changes.routes import changes
from task_service.structure.routes import filter_routes, label_routes, project_routes

ALL = (routes.tasks, project_routes, label_routes, filter_routes, changes)
