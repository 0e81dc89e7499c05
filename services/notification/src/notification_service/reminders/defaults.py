"""The default reminder, when its owner changes it: what is planned follows, what has been said stays.

It is for open tasks that are due at a time, still to come, and have no reminders of their own. The reminder
the old default made is moved to the new one's instant. Where that is over, the old one stays: nobody who
asks to be reminded earlier wants to be reminded of less.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.task import TaskReminder
from notification_service.models import Recipient, Reminder, TaskProjection
from notification_service.reminders.instants import compute_remind_at, load_zone
from notification_service.reminders.planning import (
    derive_reminder_id,
    make_reminder,
    schedule_jobs,
    update_reminder,
)
from notification_service.reminders.repository import ReminderRepository


async def follow_default(
    session: AsyncSession, recipient: Recipient, before: int | None, now: datetime
) -> None:
    """Plan what the default reminder of `recipient` asks for, which was `before` (minutes; None: none)."""
    if recipient.default_reminder == before:
        return
    repository = ReminderRepository(session, recipient.id)
    tasks = await repository.list_tasks_with_default(now)
    minutes_before = [minutes for minutes in (before, recipient.default_reminder) if minutes is not None]
    known = await repository.lock_with_minutes_before(minutes_before, now)
    planned = []
    for task in tasks:
        new = _plan_new(known, task, recipient, now)
        if new:
            update_reminder(new, task, recipient, now, keeps=True)
            session.add(new)
            planned.append(new)
        if new or recipient.default_reminder is None:
            _cancel_old(known, task, recipient, before, now)
    await schedule_jobs(session, planned)


def _plan_new(
    known: dict[str, Reminder], task: TaskProjection, recipient: Recipient, now: datetime
) -> Reminder | None:
    """The reminder of `task` under the new default; None where there is none to come."""
    zone = load_zone(task.time_zone, recipient.time_zone)
    at = compute_remind_at(recipient.default_reminder, None, task.due_at, zone)
    if at is None or at <= now:
        return None
    spec = TaskReminder(minutes_before=recipient.default_reminder)
    id = derive_reminder_id(task.id, spec)
    return known.get(id) or make_reminder(id, task, spec, now)


def _cancel_old(
    known: dict[str, Reminder], task: TaskProjection, recipient: Recipient, before: int | None, now: datetime
) -> None:
    if before is None:
        return
    old = known.get(derive_reminder_id(task.id, TaskReminder(minutes_before=before)))
    if old:
        update_reminder(old, task, recipient, now, keeps=False)
