"""The default reminder, when its owner changes it: what is planned follows, what has been said stays.

It is for open tasks that are due at a time, still to come, and have no reminders of their own. The reminder
the old default made is moved to the new one's instant. Where that is over, the old one stays: nobody who
asks to be reminded earlier wants to be reminded of less.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.task import TaskReminder
from notification_service.models import Recipient, Reminder, TaskProjection
from notification_service.reminders import repository
from notification_service.reminders.instants import remind_instant, zone_of
from notification_service.reminders.planning import made, reminder_id, schedule_jobs, settle


async def follow_default(
    session: AsyncSession, recipient: Recipient, before: int | None, now: datetime
) -> None:
    """Plan what the default reminder of `recipient` asks for, which was `before` (minutes; None: none)."""
    if recipient.default_reminder == before:
        return
    tasks = await repository.tasks_with_default(session, recipient.id, now)
    minutes_before = [minutes for minutes in (before, recipient.default_reminder) if minutes is not None]
    known = await repository.lock_with_minutes_before(session, recipient.id, minutes_before, now)
    planned = []
    for task in tasks:
        new = _new(known, task, recipient, now)
        if new:
            settle(new, task, recipient, now, keeps=True)
            session.add(new)
            planned.append(new)
        if new or recipient.default_reminder is None:
            _end(known, task, recipient, before, now)
    await schedule_jobs(session, planned)


def _new(
    known: dict[str, Reminder], task: TaskProjection, recipient: Recipient, now: datetime
) -> Reminder | None:
    """The reminder of `task` under the new default; None where there is none to come."""
    zone = zone_of(task.time_zone, recipient.time_zone)
    at = remind_instant(recipient.default_reminder, None, task.due_at, zone)
    if at is None or at <= now:
        return None
    spec = TaskReminder(minutes_before=recipient.default_reminder)
    id = reminder_id(task.id, spec)
    return known.get(id) or made(id, task, spec, now)


def _end(
    known: dict[str, Reminder], task: TaskProjection, recipient: Recipient, before: int | None, now: datetime
) -> None:
    if before is None:
        return
    old = known.get(reminder_id(task.id, TaskReminder(minutes_before=before)))
    if old:
        settle(old, task, recipient, now, keeps=False)
