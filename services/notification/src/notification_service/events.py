"""Notification → event."""

from datetime import datetime

from contracts.notification import NotificationCreated, NotificationRead
from notification_service.models import Notification


def created(notification: Notification) -> NotificationCreated:
    return NotificationCreated(
        user_id=notification.user_id,
        notification_id=notification.id,
        kind=notification.kind,
        title=notification.title,
        task_id=notification.task_id,
        created_at=notification.created_at,
    )


def read(notification: Notification, read_at: datetime) -> NotificationRead:
    return NotificationRead(user_id=notification.user_id, notification_id=notification.id, read_at=read_at)
