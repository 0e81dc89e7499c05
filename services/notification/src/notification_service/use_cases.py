"""The rules of notifications."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.event import CloudEvent
from contracts.task import TaskEvent
from notification_service import inbox, repository
from notification_service.channels import repository as channels
from notification_service.channels.use_cases import again
from notification_service.models import Notification
from notification_service.quotas import repository as quotas
from notification_service.reminders import repository as reminders
from servicekit.errors import NotFound


async def notify(session: AsyncSession, envelope: CloudEvent[TaskEvent], kind: str) -> None:
    """Put an entry about a task into its owner's inbox, unless the owner is erased."""
    people = await reminders.people(session, [envelope.data.user_id])
    if any(person.erased_at for person in people.values()):
        return
    task = envelope.data.task
    notification = Notification(
        id=envelope.id,
        user_id=envelope.data.user_id,
        kind=kind,
        title=task.title,
        task_id=task.id,
        created_at=envelope.time,
    )
    await inbox.put(session, [notification], people, envelope.time)


async def list_newest(
    session: AsyncSession, user_id: str, unread: bool | None, before: tuple[datetime, str] | None, limit: int
) -> Sequence[Notification]:
    return await repository.newest(session, user_id, unread, before, limit)


async def mark_read(session: AsyncSession, user_id: str, id: str) -> Notification:
    """Mark an entry as read; a read one stays as it is. Raises `NotFound`."""
    notification = await repository.lock(session, user_id, id)
    if notification is None:
        raise NotFound
    await inbox.mark_read(session, notification, datetime.now(UTC))
    return notification


async def erase_user(session: AsyncSession, user_id: str) -> None:
    """Forget everything of a user whose account is gone, and what was still to be sent.

    Reminders first: one that is being fired is waited for, and has put its entry into the inbox then.
    """
    await reminders.erase_user(session, user_id, datetime.now(UTC))
    await repository.erase_user(session, user_id)
    await channels.erase_user(session, user_id)
    await quotas.erase_user(session, user_id)


async def try_again(session: AsyncSession, delivery_id: str) -> None:
    """Send what was given up once more; nothing happens to what was sent or erased meanwhile."""
    delivery = await channels.lock_delivery(session, delivery_id)
    if delivery and delivery.state == "failed":
        again(delivery, datetime.now(UTC))
