"""The default reminder, when its owner changes it: what is planned follows, what has been said stays.

It is for open tasks that are due at a time, still to come, and have no reminders of their own. The reminder
the old default made is moved to the new one's instant. Where that is over, the old one stays: nobody who
asks to be reminded earlier wants to be reminded of less.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.task import TaskReminder
from notification_service.models import KnownTask, Person, Reminder
from notification_service.reminders import repository
from notification_service.reminders.planning import made, reminder_id, settle, wake_for
from notification_service.reminders.when import remind_instant, zone_of


async def follow_default(session: AsyncSession, person: Person, before: int | None, now: datetime) -> None:
    """Plan what the default reminder of `person` asks for, which was `before` (minutes; None: none)."""
    if person.default_reminder == before:
        return
    tasks = await repository.tasks_with_default(session, person.id, now)
    wordings = [minutes for minutes in (before, person.default_reminder) if minutes is not None]
    known = await repository.lock_with_wording(session, person.id, wordings, now)
    planned = []
    for task in tasks:
        new = _new(known, task, person, now)
        if new:
            settle(new, task, person, now, keeps=True)
            session.add(new)
            planned.append(new)
        if new or person.default_reminder is None:
            _end(known, task, person, before, now)
    await wake_for(session, planned)


def _new(known: dict[str, Reminder], task: KnownTask, person: Person, now: datetime) -> Reminder | None:
    """The reminder of `task` under the new default; None where there is none to come."""
    zone = zone_of(task.time_zone, person.time_zone)
    at = remind_instant(person.default_reminder, None, task.due_at, zone)
    if at is None or at <= now:
        return None
    spec = TaskReminder(minutes_before=person.default_reminder)
    id = reminder_id(task.id, spec)
    return known.get(id) or made(id, task, spec, now)


def _end(
    known: dict[str, Reminder], task: KnownTask, person: Person, before: int | None, now: datetime
) -> None:
    if before is None:
        return
    old = known.get(reminder_id(task.id, TaskReminder(minutes_before=before)))
    if old:
        settle(old, task, person, now, keeps=False)
