"""The rules of reminders a user makes, looks at and ends."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from notification_service.channels import repository as channels
from notification_service.inbox import INBOX
from notification_service.models import Channel, Reminder
from notification_service.reminders import repository
from notification_service.reminders.planning import settle, wake_for
from notification_service.reminders.schemas import (
    ReceiptRead,
    ReminderCreate,
    ReminderRead,
    Snooze,
    receipt_of,
)
from servicekit.errors import Conflict, Invalid, NotFound
from servicekit.ids import new_id


async def create(session: AsyncSession, user_id: str, body: ReminderCreate) -> ReminderRead:
    """Plan a reminder.

    Raises `Invalid` for a task nobody knows here, and for an instant that is over; `AccountGone`.
    """
    person = await repository.account(session, user_id)
    now = datetime.now(UTC)
    task = await repository.task(session, user_id, body.task_id) if body.task_id else None
    if body.task_id and task is None:
        raise Invalid.field("/task_id", "There is no such task, or not yet here.", code="no-such-task")
    if body.at and body.at <= now:
        raise Invalid.field("/at", "This instant is over.", code="reminder-past")
    reminder = Reminder(
        id=new_id(),
        user_id=user_id,
        kind="own",
        task_id=body.task_id,
        title=body.title or (task.title if task else ""),
        minutes_before=body.minutes_before,
        at=body.at,
        state="waiting",
        created_at=now,
    )
    session.add(reminder)
    if task:
        settle(reminder, task, person, now, keeps=task.is_open)
    else:
        reminder.remind_at, reminder.state = reminder.at, "planned"
    await wake_for(session, [reminder])
    return await show(session, reminder)


async def snooze(session: AsyncSession, user_id: str, id: str, body: Snooze) -> ReminderRead:
    """Remind of the same once more, later. Raises `NotFound`."""
    before = await _locked(session, user_id, id)
    now = datetime.now(UTC)
    at = (now + timedelta(minutes=body.minutes, seconds=1)).replace(microsecond=0)
    again = Reminder(
        id=new_id(),
        user_id=user_id,
        kind="snooze",
        task_id=before.task_id,
        title=before.title,
        at=at,
        remind_at=at,
        state="planned",
        created_at=now,
    )
    session.add(again)
    await wake_for(session, [again])
    return await show(session, again)


async def cancel(session: AsyncSession, user_id: str, id: str) -> None:
    """End a reminder. Raises `NotFound`, and `Conflict` for one that came with its task."""
    reminder = await _locked(session, user_id, id)
    if reminder.kind in ("task", "digest"):
        raise Conflict("It comes from the task or the preferences: change it there.", code="reminder-follows")
    if reminder.state in ("planned", "waiting"):
        reminder.state = "cancelled"


async def read(session: AsyncSession, user_id: str, id: str) -> ReminderRead:
    """One reminder with its receipts. Raises `NotFound`."""
    reminder = await repository.by_id(session, user_id, id)
    if reminder is None:
        raise NotFound
    return await show(session, reminder)


async def show(session: AsyncSession, reminder: Reminder) -> ReminderRead:
    return (await with_receipts(session, [reminder]))[0]


async def with_receipts(session: AsyncSession, reminders: Sequence[Reminder]) -> list[ReminderRead]:
    """Reminders of one user, each with what became of it on each channel, or where it is going to go."""
    sent = await channels.receipts(session, [each.id for each in reminders])
    users = {each.user_id for each in reminders}
    active = await channels.active_of(session, users) if users else {}
    return [
        ReminderRead.of(
            each,
            [receipt_of(delivery) for delivery in sent.get(each.id, ())]
            + _to_come(each, active.get(each.user_id, [])),
        )
        for each in reminders
    ]


def _to_come(reminder: Reminder, active: list[Channel]) -> list[ReceiptRead]:
    if reminder.state != "planned":
        return []
    kind = "digest" if reminder.kind == "digest" else "reminder"
    inbox = [ReceiptRead.planned(INBOX, None, reminder.remind_at)]
    return inbox + [
        ReceiptRead.planned(each.kind, each.id, reminder.remind_at) for each in active if kind in each.kinds
    ]


async def _locked(session: AsyncSession, user_id: str, id: str) -> Reminder:
    reminder = await repository.lock(session, user_id, id)
    if reminder is None:
        raise NotFound
    return reminder
