"""Notification → event."""

from datetime import datetime

from contracts.notification import DeliveryFailed, NotificationCreated, NotificationRead
from notification_service.models import Delivery, Notification


def notification_created(notification: Notification) -> NotificationCreated:
    return NotificationCreated(
        user_id=notification.user_id,
        notification_id=notification.id,
        kind=notification.kind,
        title=notification.title,
        task_id=notification.task_id,
        created_at=notification.created_at,
        reminder_id=notification.reminder_id,
        due_at=notification.due_at,
        due_date=notification.due_date,
        text=notification.text,
        late=notification.late,
    )


def delivery_failed(delivery: Delivery) -> DeliveryFailed:
    return DeliveryFailed(
        user_id=delivery.user_id,
        notification_id=delivery.notification_id,
        delivery_id=delivery.id,
        channel=delivery.kind,
        error=delivery.error,
    )


def notification_read(notification: Notification, read_at: datetime) -> NotificationRead:
    return NotificationRead(user_id=notification.user_id, notification_id=notification.id, read_at=read_at)
