"""What happens when a reminder's time has come: exactly once, whoever notices it and how often.

In one transaction the reminder goes from `planned` to `due`, its entry is put into the inbox, one
delivery a channel is written, and the event for open pages is recorded. Only who changes the state does the
rest, so a job that is called twice, the sweep and another replica find nothing left to do.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncSession

from notification_service import inbox
from notification_service.models import Notification, Recipient, Reminder
from notification_service.reminders import repository
from notification_service.reminders.instants import is_late, load_zone, next_wall_clock_time
from notification_service.reminders.planning import derive_notification_id, schedule_jobs
from notification_service.reminders.repository import DueTime
from servicekit.persistence.clock import read_clock
from servicekit.persistence.database import Database

BATCH = 500
SHOWN_IN_DIGEST = 10

FIRED = Counter("todo_reminders_fired_total", "Reminders whose time came", ["late"])
for _late in ("false", "true"):  # from the start, so that an increase is seen from the first on
    FIRED.labels(_late)
LATENESS = Histogram(
    "todo_reminder_lateness_seconds",
    "From the instant of a reminder to its entry in the inbox",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)

log = logging.getLogger(__name__)


class ReminderDispatcher:
    """Fires what is due. Those who ask while a round runs share the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._began = 0.0
        self.fired = asyncio.Event()
        """Set when there is something to send."""

    async def fire_due_reminders(self) -> None:
        """Fire everything that is due now; when this returns it is committed."""
        requested_at = time.monotonic()
        async with self._lock:
            if self._began >= requested_at:
                return
            self._began = time.monotonic()
            while await self._fire_batch() == BATCH:
                self.fired.set()
            self.fired.set()

    async def _fire_batch(self) -> int:
        async with self._database.transaction() as session:
            # A replica whose clock is ahead reminds nobody early; one that is behind leaves it to others.
            now = min(datetime.now(UTC), await read_clock(session))
            fired = await fire_reminders(session, now, BATCH)
            if len(fired) < BATCH:
                await repository.delete_past_jobs(session, now)
        for reminder in fired:
            assert reminder.remind_at
            FIRED.labels(str(reminder.late).lower()).inc()
            LATENESS.observe(max(0, (datetime.now(UTC) - reminder.remind_at).total_seconds()))
        return len(fired)


async def fire_reminders(session: AsyncSession, now: datetime, limit: int) -> Sequence[Reminder]:
    """Fire at most `limit` reminders that are due at `now`."""
    taken = await repository.take_due(session, now, limit)
    if not taken:
        return taken
    recipients = await repository.find_recipients(session, list({each.user_id for each in taken}))
    due_times = await repository.find_due_times(
        session, list({each.task_id for each in taken if each.task_id})
    )
    entries = []
    for reminder in taken:
        assert reminder.remind_at
        reminder.late = is_late(reminder.remind_at, now)
        if reminder.kind == "digest":
            recipient = recipients.get(reminder.user_id) or Recipient(id=reminder.user_id)
            entries.append(await _make_digest(session, reminder, recipient, now))
        else:
            entries.append(_make_entry(reminder, due_times.get(reminder.task_id or "", DueTime()), now))
    await inbox.add_entries(session, entries, recipients)
    return taken


def _make_entry(reminder: Reminder, due: DueTime, now: datetime) -> Notification:
    assert reminder.remind_at
    return Notification(
        id=derive_notification_id(reminder.id, reminder.remind_at),
        user_id=reminder.user_id,
        kind="reminder",
        title=reminder.title,
        task_id=reminder.task_id,
        reminder_id=reminder.id,
        due_at=due.at,
        due_date=due.day,
        late=reminder.late,
        created_at=now,
    )


async def _make_digest(
    session: AsyncSession, reminder: Reminder, recipient: Recipient, now: datetime
) -> Notification:
    """What the day holds; and the next digest is planned."""
    zone = load_zone(recipient.time_zone, "UTC")
    entry = _make_entry(reminder, DueTime(), now)
    entry.kind, entry.reminder_id = "digest", reminder.id
    entry.title, entry.text = await _describe_day(session, recipient.id, zone, now)
    if recipient.digest_at:
        reminder.remind_at, reminder.state = next_wall_clock_time(recipient.digest_at, zone, now), "planned"
        await schedule_jobs(session, [reminder])
    return entry


async def _describe_day(
    session: AsyncSession, user_id: str, zone: ZoneInfo, now: datetime
) -> tuple[str, str]:
    today, own = now.astimezone(zone).date(), repository.ReminderRepository(session, user_id)
    tasks, of_today, overdue = await own.list_tasks_of_day(today, SHOWN_IN_DIGEST)
    parts = [f"{of_today} due today"] + ([f"{overdue} overdue"] if overdue else [])
    lines = [f"{task.due_date:%d %b}  {task.title}" for task in tasks]
    more = of_today + overdue - len(tasks)
    return "Your day: " + ", ".join(parts), "\n".join(lines + ([f"and {more} more"] if more else []))
