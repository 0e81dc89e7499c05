"""The rules of notifications."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.event import CloudEvent, Event
from contracts.filter import FilterEvent
from contracts.imports import ImportFinished
from contracts.label import LabelEvent
from contracts.project import ProjectEvent
from contracts.task import TaskEvent
from notification_service import inbox, message_texts, repository
from notification_service.channels import repository as channels
from notification_service.channels.use_cases import make_due_again
from notification_service.models import Notification
from notification_service.notification_rules import RULES, kind_of
from notification_service.quotas import repository as quotas
from notification_service.reminders import planning
from notification_service.reminders import repository as reminders
from servicekit.errors import NotFound
from servicekit.persistence.database import Database
from servicekit.persistence.prepared_queries import Row

ListEvent = ProjectEvent | LabelEvent | FilterEvent


async def follow_tasks(session: AsyncSession, envelopes: Sequence[CloudEvent[TaskEvent]]) -> None:
    """Keep reminders in step with changed tasks, and call the webhooks of their owners that ask for it."""
    recipients = await reminders.lock_recipients(session, {envelope.data.user_id for envelope in envelopes})
    remaining = [envelope for envelope in envelopes if not recipients[envelope.data.user_id].erased_at]
    if not remaining:
        return
    users = {envelope.data.user_id for envelope in remaining}
    around = await repository.load_surroundings(
        session, {envelope.data.task.id for envelope in remaining}, users
    )
    await planning.follow_tasks(session, remaining, recipients, around)
    active = await channels.list_active(session, users) if around.has_channels else {}
    subscribed = {
        user_id: {kind for each in found for kind in each.kinds} for user_id, found in active.items()
    }
    heard = [each for each in remaining if kind_of(each.data) in subscribed.get(each.data.user_id, ())]
    await inbox.add_entries_on(session, [_entry_of_task(each) for each in heard], recipients, active)


def _entry_of_task(envelope: CloudEvent[TaskEvent]) -> Notification:
    task = envelope.data.task
    return _make_entry(envelope, title=task.title, task_id=task.id, about=_changed_fields(envelope.data))


async def notify_of_list(session: AsyncSession, envelope: CloudEvent[ListEvent]) -> None:
    """Call the webhooks of the owner that ask for what happened to a project, label or saved filter."""
    event = envelope.data
    match event:
        case ProjectEvent():
            name, about = event.project.name, {"project_id": event.project.id}
        case LabelEvent():
            name, about = event.label.name, {"label_id": event.label.id}
        case FilterEvent():
            name, about = event.filter.name, {"filter_id": event.filter.id}
    await _add_entry(session, envelope, title=name, about=about | _changed_fields(event))


def _changed_fields(event: Event) -> dict[str, Any]:
    """The names of the fields an event says have changed."""
    changed = getattr(event, "changed", None)
    return {} if changed is None else {"changed": changed}


async def notify_of_import(session: AsyncSession, envelope: CloudEvent[ImportFinished]) -> None:
    """Say in one entry what became of a whole file."""
    title, text = message_texts.describe_import(envelope.data)
    await _add_entry(session, envelope, title=title, text=text, import_id=envelope.data.import_id)


async def _add_entry(session: AsyncSession, envelope: CloudEvent[Event], **values: Any) -> None:
    """Do what `notification_rules` say of an event, unless its user is erased."""
    recipients = await reminders.find_recipients(session, [envelope.data.user_id])
    if not kind_of(envelope.data) or any(recipient.erased_at for recipient in recipients.values()):
        return
    await inbox.add_entries(session, [_make_entry(envelope, **values)], recipients)


def _make_entry(envelope: CloudEvent[Event], **values: Any) -> Notification:
    event = envelope.data
    made = {"id": envelope.id, "user_id": event.user_id, "created_at": envelope.time}
    made |= {
        "kind": kind_of(event),
        "in_inbox": RULES[type(event)].in_inbox,
    }
    return Notification.model_validate(made | values)


async def list_entries(
    session: AsyncSession, user_id: str, unread: bool | None, before: tuple[datetime, str] | None, limit: int
) -> Sequence[Notification]:
    return await repository.InboxRepository(session, user_id).list_entries(unread, before, limit)


async def first_page(database: Database, user_id: str, limit: int, *, only_unread: bool) -> Sequence[Row]:
    """The newest entries, with what is shown of them."""
    read = repository.FIRST_UNREAD if only_unread else repository.FIRST_PAGE
    return await read.rows(database, {"user_id": user_id, "limit": limit})


async def mark_read(session: AsyncSession, user_id: str, id: str) -> Notification:
    """Mark an entry as read; a read one stays as it is. Raises `NotFound`."""
    notification = await repository.InboxRepository(session, user_id).lock_entry(id)
    if notification is None:
        raise NotFound
    await inbox.mark_read(session, notification, datetime.now(UTC))
    return notification


async def purge_user(session: AsyncSession, user_id: str) -> None:
    """Forget everything of a user whose account is gone, and what was still to be sent.

    Reminders first: one that is being fired is waited for, and has put its entry into the inbox then.
    """
    await reminders.ReminderRepository(session, user_id).erase_all(datetime.now(UTC))
    await repository.InboxRepository(session, user_id).erase_all()
    await channels.ChannelRepository(session, user_id).erase_all()
    await quotas.QuotaRepository(session, user_id).erase_all()


async def retry_delivery(session: AsyncSession, delivery_id: str) -> None:
    """Send what was given up once more; nothing happens to what was sent or erased meanwhile."""
    delivery = await channels.lock_any_delivery(session, delivery_id)
    if delivery and delivery.state == "failed":
        make_due_again(delivery, datetime.now(UTC))
