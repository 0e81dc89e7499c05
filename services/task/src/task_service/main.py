"""The task service."""

from servicekit.app import create_app
from task_service import routes
from task_service.settings import Settings
from task_service.subscriptions import subscriptions

app = create_app(Settings(), [routes.tasks], listens=subscriptions)
