"""All routers of the service."""

from notification_service import routes
from notification_service.channels.routes import channels, deliveries, unsubscribing
from notification_service.channels.webhook_routes import webhooks
from notification_service.preferences.routes import preferences
from notification_service.reminders.routes import job_callbacks, reminders
from notification_service.routes import FAST_READS

__all__ = ["ALL", "FAST_READS"]

ALL = (
    routes.notifications,
    routes.usages,
    reminders,
    job_callbacks,
    preferences,
    channels,
    deliveries,
    unsubscribing,
    webhooks,
)
