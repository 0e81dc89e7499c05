"""One delivery as a sender gets it, and what became of it."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

from notification_service.models import Channel, Delivery, Notification

ResultKind = Literal["sent", "delivered", "retry", "permanent_failure", "channel_gone"]
RESULT_KINDS: tuple[ResultKind, ...] = get_args(ResultKind)
ABOUT = ("project_id", "label_id", "filter_id", "changed")
"""What is told of projects, labels and filters, and of what has changed."""
KINDS = ("email", "push", "webhook")
"""Of channels one is sent something on."""


@dataclass(frozen=True, slots=True)
class DeliveryJob:
    """Everything that is needed to send one notification on one channel."""

    delivery: Delivery
    channel: Channel
    notification: Notification

    def render_content(self) -> dict[str, Any]:
        """The notification as other programs read it; the same at every try. See docs/webhooks.md."""
        notification = self.notification
        return {
            "id": notification.id,
            "kind": notification.kind,
            "title": notification.title,
            "text": notification.text,
            "task_id": notification.task_id,
            **{name: notification.about.get(name) for name in ABOUT},
            "reminder_id": notification.reminder_id,
            "due_at": _format_instant(notification.due_at),
            "due_date": notification.due_date and notification.due_date.isoformat(),
            "late": notification.late,
            "created_at": _format_instant(notification.created_at),
        }


@dataclass(frozen=True, slots=True)
class SendResult:
    """What an attempt to send came to.

    `sent`: accepted by a relay (mail server, push service). `delivered`: acknowledged by the receiver.
    `retry`: transient, to be tried later. `permanent_failure`: this message will never be accepted.
    `channel_gone`: nor will any other on this channel.
    """

    kind: ResultKind
    error: str = ""
    status: int | None = None
    retry_after: float = 0


class Sender(Protocol):
    """Sends on one kind of channel."""

    async def send(self, job: DeliveryJob) -> SendResult: ...


def parse_retry_after(header: str | None) -> float:
    """Seconds of a `Retry-After` header; 0 for none, and for a date."""
    return float(header) if header and header.isdigit() else 0


def _format_instant(value: Any) -> str | None:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if value else None
