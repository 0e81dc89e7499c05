"""The analytics service."""

from analytics_service import routes
from analytics_service.settings import Settings
from analytics_service.subscriptions import subscriptions
from servicekit.app import create_app

app = create_app(
    Settings(),
    [routes.analytics, routes.operators],
    listens=subscriptions,
)
