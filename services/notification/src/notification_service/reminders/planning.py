"""Reminders kept in step with the tasks they are about.

    waiting ──(a due date)──▶ planned ──(its time)──▶ due ──▶ one delivery a channel
       ▲                        │  ▲
       └──(no due date)─────────┤  └──(moved to another instant, also when it was fired)
                                └──(task done or deleted, reminder removed)──▶ cancelled

An event of a version that is known already changes nothing, so a replayed one does no harm.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.event import CloudEvent
from contracts.task import TaskDeleted, TaskEvent, TaskReminder, TaskSnapshot
from notification_service.models import KnownTask, Person, Reminder
from notification_service.reminders import repository
from notification_service.reminders.when import due_instant, remind_instant, zone_of

REMINDERS = uuid5(NAMESPACE_URL, "todo/reminders")
OF_A_TASK = ("task", "own")


async def follow(session: AsyncSession, envelope: CloudEvent[TaskEvent]) -> None:
    """Plan, move and cancel what a changed task asks for."""
    task, user_id = envelope.data.task, envelope.data.user_id
    person = await repository.person(session, user_id)
    if person.erased_at:
        return
    known = await repository.lock_task(session, task.id)
    if known and known.version >= task.version:
        return
    is_open = not task.done and not isinstance(envelope.data, TaskDeleted) and task.deleted_at is None
    known = _remember(session, known, task, user_id, is_open)
    planned = {each.id: each for each in await repository.lock_of_task(session, task.id, OF_A_TASK)}
    wanted = {reminder_id(task.id, each): each for each in _wanted(task, person)}
    for id, spec in wanted.items():
        if id not in planned:
            planned[id] = made(id, known, spec, envelope.time)
            session.add(planned[id])
    for reminder in planned.values():
        reminder.title = known.title
        keeps = is_open and (reminder.kind == "own" or reminder.id in wanted)
        settle(reminder, known, person, envelope.time, keeps=keeps)
    await wake_for(session, list(planned.values()))


async def replan(session: AsyncSession, person: Person, now: datetime) -> None:
    """Move what hangs on the zone or the habits of `person`: days without a time, and whole days before."""
    for reminder, task in await repository.lock_of_days(session, person.id):
        settle(reminder, task, person, now, keeps=task.is_open and reminder.state != "cancelled")
        await wake_for(session, [reminder])


def settle(reminder: Reminder, task: KnownTask, person: Person, heard_at: datetime, *, keeps: bool) -> None:
    """Bring a reminder into the state its task asks for. heard_at: when that was said."""
    zone = zone_of(task.time_zone, person.time_zone)
    due = due_instant(task.due_at, task.due_date, person.day_starts_at, zone)
    at = remind_instant(reminder.minutes_before, reminder.at, due, zone)
    if not keeps:
        if reminder.state in ("planned", "waiting"):
            reminder.state = "cancelled"
        return
    if at is None:
        reminder.remind_at, reminder.state = None, "waiting"
    elif at != reminder.remind_at or reminder.state in ("cancelled", "waiting"):
        reminder.remind_at = at
        reminder.fired_at, reminder.late = None, False
        reminder.state = "planned" if at > heard_at else "past"


async def wake_for(session: AsyncSession, reminders: Sequence[Reminder]) -> None:
    """See to it that somebody wakes up for these."""
    instants = {each.remind_at for each in reminders if each.state == "planned" and each.remind_at}
    await repository.wake_at(session, sorted(instants))
    session.info["planned"] = True


def reminder_id(task_id: str, spec: TaskReminder) -> str:
    """Always the same for a task and a wording."""
    said = f"{spec.minutes_before}" if spec.at is None else f"{spec.at.timestamp():.0f}s"
    return str(uuid5(REMINDERS, f"{task_id}/{said}"))


def notification_id(reminder_id: str, remind_at: datetime) -> str:
    """Always the same for a reminder and its instant: a second firing finds the first one's row."""
    return str(uuid5(UUID(reminder_id), f"{remind_at.timestamp():.0f}"))


def _wanted(task: TaskSnapshot, person: Person) -> Iterator[TaskReminder]:
    yield from task.reminders
    if not task.reminders and task.due_at and person.default_reminder is not None:
        yield TaskReminder(minutes_before=person.default_reminder)


def made(id: str, task: KnownTask, spec: TaskReminder, now: datetime) -> Reminder:
    """A new reminder of a task, not planned yet."""
    return Reminder(
        id=id,
        user_id=task.user_id,
        kind="task",
        task_id=task.id,
        title=task.title,
        minutes_before=spec.minutes_before,
        at=spec.at,
        state="waiting",
        created_at=now,
    )


def _remember(
    session: AsyncSession, known: KnownTask | None, task: TaskSnapshot, user_id: str, is_open: bool
) -> KnownTask:
    values = task.model_dump(
        include={"id", "title", "due_date", "due_at", "time_zone", "version", "deleted_at"}
    )
    values |= {"is_open": is_open, "has_reminders": bool(task.reminders)}
    if known is None:
        known = KnownTask(**values, user_id=user_id)
        session.add(known)
    else:
        known.sqlmodel_update(values)
    return known
