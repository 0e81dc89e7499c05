"""Reminders kept in step with the tasks they are about.

    waiting ──(a due date)──▶ planned ──(its time)──▶ due ──▶ one delivery a channel
       ▲                        │  ▲
       └──(no due date)─────────┤  └──(moved to another instant, also when it was fired)
                                └──(task done or deleted, reminder removed)──▶ cancelled

An event of a version that is known already changes nothing, so a replayed one does no harm.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.event import CloudEvent
from contracts.task import TaskDeleted, TaskEvent, TaskReminder, TaskSnapshot
from notification_service.models import Recipient, Reminder, TaskProjection
from notification_service.reminders import repository
from notification_service.reminders.instants import compute_due_at, compute_remind_at, load_zone
from notification_service.repository import FOLLOWING, KnownVersion, Surroundings

REMINDERS = uuid5(NAMESPACE_URL, "todo/reminders")


async def follow_tasks(
    session: AsyncSession,
    envelopes: Sequence[CloudEvent[TaskEvent]],
    recipients: Mapping[str, Recipient],
    around: Surroundings,
) -> None:
    """Plan, move and cancel what changed tasks ask for, oldest change first. recipients: theirs, locked.

    around: what is there of the tasks.
    """
    known = around.known
    reminders: dict[str, dict[str, Reminder]] = {envelope.data.task.id: {} for envelope in envelopes}
    if around.has_reminders:
        for reminder in await repository.lock_reminders_of_tasks(session, list(reminders), FOLLOWING):
            reminders[reminder.task_id or ""][reminder.id] = reminder
    rows: dict[str, dict[str, Any]] = {}
    instants: set[datetime] = set()
    for envelope in envelopes:
        task, user_id = envelope.data.task, envelope.data.user_id
        stored = known.get(task.id)
        if stored and stored.version >= task.version:
            continue
        known[task.id] = KnownVersion(task.version, stored.user_id if stored else user_id)
        rows[task.id] = _make_projection(envelope.data, known[task.id].user_id)
        instants |= _plan_task(session, rows[task.id], envelope, recipients[user_id], reminders[task.id])
    await repository.upsert_projections(session, list(rows.values()))
    await repository.add_jobs(session, sorted(instants))


def _plan_task(
    session: AsyncSession,
    row: Mapping[str, Any],
    envelope: CloudEvent[TaskEvent],
    recipient: Recipient,
    planned: dict[str, Reminder],
) -> set[datetime]:
    """Bring `planned`, all reminders of a task, into step with it; returns the instants that need a job."""
    required = {
        derive_reminder_id(row["id"], each): each for each in _wanted_specs(envelope.data.task, recipient)
    }
    if not required and not planned:
        return set()
    task = TaskProjection(**row)
    for id, spec in required.items():
        if id not in planned:
            planned[id] = make_reminder(id, task, spec, envelope.time)
            session.add(planned[id])
    for reminder in planned.values():
        reminder.title = task.title
        keeps = task.is_open and (reminder.kind == "own" or reminder.id in required)
        update_reminder(reminder, task, recipient, envelope.time, keeps=keeps)
    return _planned_instants(planned.values())


async def replan_recipient(session: AsyncSession, recipient: Recipient, now: datetime) -> None:
    """Move what depends on the zone and preferences of `recipient`: all-day tasks, whole days before."""
    for reminder, task in await repository.ReminderRepository(
        session, recipient.id
    ).lock_wall_clock_reminders():
        update_reminder(reminder, task, recipient, now, keeps=task.is_open and reminder.state != "cancelled")
        await schedule_jobs(session, [reminder])


def update_reminder(
    reminder: Reminder, task: TaskProjection, recipient: Recipient, heard_at: datetime, *, keeps: bool
) -> None:
    """Bring a reminder into the state its task asks for. heard_at: when that was said."""
    zone = load_zone(task.time_zone, recipient.time_zone)
    due = compute_due_at(task.due_at, task.due_date, recipient.day_starts_at, zone)
    at = compute_remind_at(reminder.minutes_before, reminder.at, due, zone)
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


async def schedule_jobs(session: AsyncSession, reminders: Iterable[Reminder]) -> None:
    """Have the scheduler call when these are due."""
    await repository.add_jobs(session, sorted(_planned_instants(reminders)))


def _planned_instants(reminders: Iterable[Reminder]) -> set[datetime]:
    return {each.remind_at for each in reminders if each.state == "planned" and each.remind_at}


def derive_reminder_id(task_id: str, spec: TaskReminder) -> str:
    """Always the same for a task and what it says of when."""
    timing = f"{spec.minutes_before}" if spec.at is None else f"{spec.at.timestamp():.0f}s"
    return str(uuid5(REMINDERS, f"{task_id}/{timing}"))


def derive_notification_id(reminder_id: str, remind_at: datetime) -> str:
    """Always the same for a reminder and its instant: a second firing finds the first one's row."""
    return str(uuid5(UUID(reminder_id), f"{remind_at.timestamp():.0f}"))


def _wanted_specs(task: TaskSnapshot, recipient: Recipient) -> Iterator[TaskReminder]:
    yield from task.reminders
    if not task.reminders and task.due_at and recipient.default_reminder is not None:
        yield TaskReminder(minutes_before=recipient.default_reminder)


def make_reminder(id: str, task: TaskProjection, spec: TaskReminder, now: datetime) -> Reminder:
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


def _make_projection(event: TaskEvent, user_id: str) -> dict[str, Any]:
    """What is remembered of a task; a dict, as making an object costs more than writing the row."""
    task = event.task
    return {
        "id": task.id,
        "user_id": user_id,
        "title": task.title,
        "due_date": task.due_date,
        "due_at": task.due_at,
        "time_zone": task.time_zone,
        "is_open": not task.done and not isinstance(event, TaskDeleted) and task.deleted_at is None,
        "has_reminders": bool(task.reminders),
        "version": task.version,
        "deleted_at": task.deleted_at,
    }
