"""The notification service."""

from notification_service import routes
from notification_service.settings import Settings
from notification_service.subscriptions import subscriptions
from servicekit.app import create_app

app = create_app(Settings(), [routes.notifications], listens=subscriptions)
