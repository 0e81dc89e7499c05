"""The rules of reminders a user makes, looks at and ends."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from notification_service.channels.repository import ChannelRepository, list_active
from notification_service.inbox import INBOX, mark_read
from notification_service.models import Channel, Reminder
from notification_service.quotas import use_cases as quotas
from notification_service.reminders.planning import derive_notification_id, schedule_jobs, update_reminder
from notification_service.reminders.repository import ReminderRepository, lock_account
from notification_service.reminders.schemas import (
    ReceiptRead,
    ReminderCreate,
    ReminderRead,
    Snooze,
    receipt_of,
)
from notification_service.repository import InboxRepository
from notification_service.settings import Settings
from servicekit.errors import Conflict, Invalid, NotFound
from servicekit.web.ids import new_id


async def create_reminder(
    session: AsyncSession, settings: Settings, user_id: str, body: ReminderCreate
) -> ReminderRead:
    """Plan a reminder.

    Raises `Invalid` for a task nobody knows here, and for an instant that is over; `QuotaExceeded`,
    `AccountGone`.
    """
    recipient = await lock_account(session, user_id)
    await quotas.require_room(session, settings, user_id, "reminders")
    now = datetime.now(UTC)
    task = await ReminderRepository(session, user_id).find_task(body.task_id) if body.task_id else None
    if body.task_id and task is None:
        raise Invalid.field(
            "/task_id", "This task does not exist, or is not known here yet.", code="no-such-task"
        )
    if body.at and body.at <= now:
        raise Invalid.field("/at", "This time is in the past.", code="reminder-past")
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
        update_reminder(reminder, task, recipient, now, keeps=task.is_open)
    else:
        reminder.remind_at, reminder.state = reminder.at, "planned"
    await schedule_jobs(session, [reminder])
    return await show_reminder(session, reminder)


async def snooze_reminder(
    session: AsyncSession, settings: Settings, user_id: str, id: str, body: Snooze
) -> ReminderRead:
    """Remind of the same once more, later; what its firing put into the inbox is read by that.

    A firing has one snooze: asked for again, on whatever page, it is moved.
    Raises `NotFound`, `QuotaExceeded`, `AccountGone`.
    """
    await lock_account(session, user_id)
    before = await _lock_reminder(session, user_id, id)
    now = datetime.now(UTC)
    again_id = derive_snooze_id(before)
    again = await ReminderRepository(session, user_id).lock_reminder(again_id)
    if again is None:
        await quotas.require_room(session, settings, user_id, "reminders")
        again = Reminder(
            id=again_id,
            user_id=user_id,
            kind="snooze",
            task_id=before.task_id,
            title=before.title,
            state="planned",
            created_at=now,
        )
        session.add(again)
    again.at = again.remind_at = _round_up_second(now + timedelta(minutes=body.minutes))
    again.state, again.fired_at, again.late = "planned", None, False
    await schedule_jobs(session, [again])
    await _mark_entry_read(session, before, now)
    return await show_reminder(session, again)


def derive_snooze_id(reminder: Reminder) -> str:
    """Always the same for a reminder and its instant, so that two pages make one snooze."""
    instant = reminder.remind_at.timestamp() if reminder.remind_at else 0
    return str(uuid5(UUID(reminder.id), f"snooze/{instant:.0f}"))


def _round_up_second(at: datetime) -> datetime:
    return (at + timedelta(seconds=1)).replace(microsecond=0)


async def _mark_entry_read(session: AsyncSession, reminder: Reminder, now: datetime) -> None:
    if reminder.fired_at is None or reminder.remind_at is None:
        return
    entry_id = derive_notification_id(reminder.id, reminder.remind_at)
    entry = await InboxRepository(session, reminder.user_id).lock_entry(entry_id)
    if entry:
        await mark_read(session, entry, now)


async def cancel_reminder(session: AsyncSession, user_id: str, id: str) -> None:
    """End a reminder. Raises `NotFound`, and `Conflict` for one that came with its task."""
    reminder = await _lock_reminder(session, user_id, id)
    if reminder.kind in ("task", "digest"):
        raise Conflict("Change this reminder in its task or your preferences.", code="reminder-follows")
    if reminder.state in ("planned", "waiting"):
        reminder.state = "cancelled"


async def read_reminder(session: AsyncSession, user_id: str, id: str) -> ReminderRead:
    """One reminder with its receipts. Raises `NotFound`."""
    reminder = await ReminderRepository(session, user_id).find_reminder(id)
    if reminder is None:
        raise NotFound
    return await show_reminder(session, reminder)


async def show_reminder(session: AsyncSession, reminder: Reminder) -> ReminderRead:
    return (await add_receipts(session, reminder.user_id, [reminder]))[0]


async def add_receipts(
    session: AsyncSession, user_id: str, reminders: Sequence[Reminder]
) -> list[ReminderRead]:
    """Reminders of one user, each with what became of it on each channel, or where it is going to go."""
    if not reminders:
        return []
    sent = await ChannelRepository(session, user_id).list_receipts([each.id for each in reminders])
    active = await list_active(session, [user_id])
    return [
        ReminderRead.create(
            each,
            [receipt_of(delivery) for delivery in sent.get(each.id, ())]
            + _planned_receipts(each, active.get(each.user_id, [])),
        )
        for each in reminders
    ]


def _planned_receipts(reminder: Reminder, active: list[Channel]) -> list[ReceiptRead]:
    if reminder.state != "planned":
        return []
    kind = "digest" if reminder.kind == "digest" else "reminder"
    inbox = [ReceiptRead.create_planned(INBOX, None, reminder.remind_at)]
    return inbox + [
        ReceiptRead.create_planned(each.kind, each.id, reminder.remind_at)
        for each in active
        if kind in each.kinds
    ]


async def _lock_reminder(session: AsyncSession, user_id: str, id: str) -> Reminder:
    reminder = await ReminderRepository(session, user_id).lock_reminder(id)
    if reminder is None:
        raise NotFound
    return reminder
