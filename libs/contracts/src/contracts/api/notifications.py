"""Notifications, as the API has them; written by `make generate`."""

from typing import Literal, NotRequired, TypedDict


class AttemptRead(TypedDict):
    at: str
    milliseconds: int
    status: int | None
    error: str


class PushKeys(TypedDict):
    p256dh: str
    auth: str


class ChannelCreate(TypedDict):
    kind: Literal["email", "push"]
    endpoint: NotRequired[str | None]
    keys: NotRequired[PushKeys | None]


class ChannelRead(TypedDict):
    id: str
    kind: Literal["email", "push", "webhook"]
    target: str
    kinds: list[
        Literal[
            "reminder",
            "digest",
            "task.created",
            "task.updated",
            "task.moved",
            "task.completed",
            "task.reopened",
            "task.deleted",
            "task.restored",
            "project.created",
            "project.updated",
            "project.deleted",
            "project.restored",
            "label.created",
            "label.updated",
            "label.deleted",
            "filter.created",
            "filter.updated",
            "filter.deleted",
            "test",
        ]
    ]
    is_active: bool
    note: str
    created_at: str


class DeliveryRead(TypedDict):
    id: str
    notification_id: str
    reminder_id: str | None
    state: Literal["planned", "due", "sent", "delivered", "opened", "failed", "dropped"]
    attempts: int
    next_at: str | None
    error: str
    created_at: str
    delivered_at: str | None


class LoggedDelivery(TypedDict):
    id: str
    notification_id: str
    reminder_id: str | None
    state: Literal["planned", "due", "sent", "delivered", "opened", "failed", "dropped"]
    attempts: int
    next_at: str | None
    error: str
    created_at: str
    delivered_at: str | None
    log: list[AttemptRead]


class NotificationRead(TypedDict):
    id: str
    kind: str
    title: str
    text: str
    task_id: str | None
    reminder_id: str | None
    import_id: str | None
    channel_id: str | None
    due_at: str | None
    due_date: str | None
    late: bool
    created_at: str
    read_at: str | None


class PreferencesPatch(TypedDict):
    quiet_from: NotRequired[str | None]
    quiet_to: NotRequired[str | None]
    day_starts_at: NotRequired[str | None]
    default_reminder: NotRequired[int | None]
    digest_at: NotRequired[str | None]


class PreferencesRead(TypedDict):
    time_zone: str
    quiet_from: str | None
    quiet_to: str | None
    day_starts_at: str
    default_reminder: int | None
    digest_at: str | None
    email_available: bool
    push_key: str


class ReceiptCreate(TypedDict):
    state: Literal["delivered", "opened"]


class ReceiptRead(TypedDict):
    id: str | None
    channel_id: str | None
    kind: str
    state: Literal["planned", "due", "sent", "delivered", "opened", "failed", "dropped"]
    attempts: int
    next_at: str | None
    error: str
    sent_at: str | None
    delivered_at: str | None
    opened_at: str | None


class ReminderCreate(TypedDict):
    task_id: NotRequired[str | None]
    title: NotRequired[str | None]
    minutes_before: NotRequired[int | None]
    at: NotRequired[str | None]


class ReminderRead(TypedDict):
    id: str
    kind: Literal["task", "own", "snooze", "digest"]
    task_id: str | None
    title: str
    minutes_before: int | None
    at: str | None
    remind_at: str | None
    state: Literal["waiting", "planned", "due", "cancelled", "past"]
    fired_at: str | None
    late: bool
    created_at: str
    receipts: list[ReceiptRead]


class Snooze(TypedDict):
    minutes: NotRequired[int]


class WebhookCreate(TypedDict):
    url: str
    kinds: NotRequired[
        list[
            Literal[
                "reminder",
                "digest",
                "task.created",
                "task.updated",
                "task.moved",
                "task.completed",
                "task.reopened",
                "task.deleted",
                "task.restored",
                "project.created",
                "project.updated",
                "project.deleted",
                "project.restored",
                "label.created",
                "label.updated",
                "label.deleted",
                "filter.created",
                "filter.updated",
                "filter.deleted",
                "test",
            ]
        ]
    ]


class WebhookRead(TypedDict):
    id: str
    url: str
    kinds: list[
        Literal[
            "reminder",
            "digest",
            "task.created",
            "task.updated",
            "task.moved",
            "task.completed",
            "task.reopened",
            "task.deleted",
            "task.restored",
            "project.created",
            "project.updated",
            "project.deleted",
            "project.restored",
            "label.created",
            "label.updated",
            "label.deleted",
            "filter.created",
            "filter.updated",
            "filter.deleted",
            "test",
        ]
    ]
    is_active: bool
    note: str
    active_secrets: int
    created_at: str


class WebhookSecret(TypedDict):
    id: str
    url: str
    kinds: list[
        Literal[
            "reminder",
            "digest",
            "task.created",
            "task.updated",
            "task.moved",
            "task.completed",
            "task.reopened",
            "task.deleted",
            "task.restored",
            "project.created",
            "project.updated",
            "project.deleted",
            "project.restored",
            "label.created",
            "label.updated",
            "label.deleted",
            "filter.created",
            "filter.updated",
            "filter.deleted",
            "test",
        ]
    ]
    is_active: bool
    note: str
    active_secrets: int
    created_at: str
    secret: str
