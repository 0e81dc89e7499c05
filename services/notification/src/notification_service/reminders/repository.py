"""Every query about reminders, and about the recipients and tasks they are for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnExpressionArgument, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from notification_service.list_parameters import build_in_list_query, dialect_of
from notification_service.models import Recipient, Reminder, ScheduledJob, TaskProjection
from notification_service.reminders.instants import MINUTES_OF_A_DAY
from servicekit.errors import AccountGone
from servicekit.persistence.database import build_per_dialect, execute_per_dialect
from servicekit.persistence.deferred_inserts import create_deferred_insert, write_rows
from servicekit.persistence.ownership import OwnedRepository
from servicekit.persistence.prepared_queries import ExistsQuery


def _on_conflict_update(insert: Any) -> Any:
    updates = {column.name: column for column in insert.excluded if column.name not in ("id", "user_id")}
    return insert.on_conflict_do_update(index_elements=["id"], set_=updates)


_INSERT_RECIPIENTS = build_per_dialect(lambda insert: insert(Recipient).on_conflict_do_nothing())
_UPSERT_PROJECTIONS = create_deferred_insert(
    "tasks", lambda insert: _on_conflict_update(insert(TaskProjection))
)
_INSERT_JOBS = build_per_dialect(lambda insert: insert(ScheduledJob).on_conflict_do_nothing())
_UNSET = select(col(ScheduledJob.at)).where(~col(ScheduledJob.is_set)).order_by(col(ScheduledJob.at))
IS_ANY_UNSET = ExistsQuery(_UNSET)
"""Whether a job is not known to the scheduler yet."""
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
"""Statements of every event are made once: to make one costs as much as to run it."""
_LOCK_RECIPIENTS = build_in_list_query(
    lambda among: (
        select(Recipient).where(among(col(Recipient.id), "ids")).order_by(col(Recipient.id)).with_for_update()
    )
)
_LOCK_OF_TASKS = (
    select(Reminder)
    .where(col(Reminder.task_id).in_(_IDS), col(Reminder.kind).in_(bindparam("kinds", expanding=True)))
    .order_by(col(Reminder.id))
    .with_for_update()
)
_DUE = (
    select(col(Reminder.id))
    .where(col(Reminder.state) == "planned", col(Reminder.remind_at) <= bindparam("now"))
    .order_by(col(Reminder.remind_at))
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)


class DueTime(NamedTuple):
    """The instant a task is due (UTC), if it has a time, and the day in its own zone."""

    at: datetime | None = None
    day: date | None = None


async def lock_recipient(session: AsyncSession, user_id: str) -> Recipient:
    """What is known of a user, locked until the transaction ends; somebody new has the defaults."""
    return (await lock_recipients(session, [user_id]))[user_id]


async def lock_recipients(session: AsyncSession, ids: Iterable[str]) -> dict[str, Recipient]:
    """What is known of users, as in `recipient`; by id, so that two who lock some never wait in a ring."""
    ordered_ids = sorted(set(ids))
    found = await _lock_known(session, ordered_ids)
    new = [id for id in ordered_ids if id not in found]
    if new:
        await execute_per_dialect(session, _INSERT_RECIPIENTS, [Recipient(id=id).model_dump() for id in new])
        found |= await _lock_known(session, new)
    return found


async def _lock_known(session: AsyncSession, ids: Collection[str]) -> dict[str, Recipient]:
    found = await session.scalars(_LOCK_RECIPIENTS[dialect_of(session)], {"ids": list(ids)})
    return {lock_recipient.id: lock_recipient for lock_recipient in found}


async def lock_account(session: AsyncSession, user_id: str) -> Recipient:
    """The recipient who asks for something, locked until the transaction ends. Raises `AccountGone`."""
    found = await lock_recipient(session, user_id)
    if found.erased_at:
        raise AccountGone
    return found


async def find_recipients(session: AsyncSession, ids: Sequence[str]) -> dict[str, Recipient]:
    found = await session.scalars(select(Recipient).where(col(Recipient.id).in_(ids)))
    return {lock_recipient.id: lock_recipient for lock_recipient in found}


async def upsert_projections(session: AsyncSession, tasks: Sequence[Mapping[str, Any]]) -> None:
    """Write tasks, known ones and new ones, each a row by the names of its columns. They are locked."""
    if tasks:
        await write_rows(session, _UPSERT_PROJECTIONS, tasks)


async def find_due_times(session: AsyncSession, ids: Sequence[str | None]) -> dict[str, DueTime]:
    """When tasks are due, by their ids."""
    query = select(col(TaskProjection.id), col(TaskProjection.due_at), col(TaskProjection.due_date))
    found = await session.execute(query.where(col(TaskProjection.id).in_(ids)))
    return {row.id: DueTime(row.due_at, row.due_date) for row in found}


async def lock_reminders_of_tasks(
    session: AsyncSession, task_ids: Collection[str], kinds: Sequence[str]
) -> Sequence[Reminder]:
    return (await session.scalars(_LOCK_OF_TASKS, {"ids": list(task_ids), "kinds": kinds})).all()


class ReminderRepository(OwnedRepository):
    """The reminders of one owner, and what is known of the tasks they are for."""

    async def find_task(self, id: str) -> TaskProjection | None:
        query = self.select(TaskProjection).where(col(TaskProjection.id) == id)
        return (await self.session.scalars(query)).first()

    async def lock_wall_clock_reminders(self) -> Sequence[tuple[Reminder, TaskProjection]]:
        """The reminders whose instant hangs on the wall of their owner.

        Those before tasks that have a date and no time, and those whole days before tasks without a zone.
        """
        minutes = col(Reminder.minutes_before)
        is_day = col(TaskProjection.due_at).is_(None) & col(TaskProjection.due_date).is_not(None)
        is_whole_days = (minutes > 0) & (minutes % MINUTES_OF_A_DAY == 0)
        is_days_before = col(TaskProjection.time_zone).is_(None) & is_whole_days
        query = (
            self.select(Reminder, TaskProjection, of=Reminder)
            .join(TaskProjection, col(TaskProjection.id) == col(Reminder.task_id))
            .where(minutes.is_not(None), col(Reminder.state) != "cancelled", is_day | is_days_before)
        )
        found = await self.session.execute(query.with_for_update(of=Reminder))
        return [(reminder, task) for reminder, task in found]

    async def list_tasks_with_default(self, now: datetime) -> Sequence[TaskProjection]:
        """The tasks that are still to come and whose reminder is the default one."""
        return (await self.session.scalars(self.select(TaskProjection).where(*_has_default(now)))).all()

    async def lock_with_minutes_before(
        self, minutes_before: Sequence[int], now: datetime
    ) -> dict[str, Reminder]:
        """The reminders of such tasks that came so many minutes before due, by id."""
        tasks = self.select(col(TaskProjection.id), of=TaskProjection).where(*_has_default(now))
        query = self.select(Reminder).where(
            col(Reminder.kind) == "task",
            col(Reminder.minutes_before).in_(minutes_before),
            col(Reminder.task_id).in_(tasks),
        )
        found = await self.session.scalars(query.with_for_update())
        return {reminder.id: reminder for reminder in found}

    async def lock_reminder(self, id: str) -> Reminder | None:
        query = self.select(Reminder).where(col(Reminder.id) == id)
        return (await self.session.scalars(query.with_for_update())).first()

    async def find_reminder(self, id: str) -> Reminder | None:
        return (await self.session.scalars(self.select(Reminder).where(col(Reminder.id) == id))).first()

    async def list_reminders(
        self, task_id: str | None, state: str | None, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Reminder]:
        """Newest first, after the one made at that time with that id."""
        query = self.select(Reminder)
        if task_id is not None:
            query = query.where(col(Reminder.task_id) == task_id)
        if state is not None:
            query = query.where(col(Reminder.state) == state)
        created_at, key = col(Reminder.created_at), col(Reminder.id)
        if before:
            made, id = before
            query = query.where((created_at < made) | ((created_at == made) & (key < id)))
        return (await self.session.scalars(query.order_by(created_at.desc(), key.desc()).limit(limit))).all()

    async def list_tasks_of_day(self, today: date, limit: int) -> tuple[Sequence[TaskProjection], int, int]:
        """Open tasks of today and before, earliest first; how many are of today, and how many overdue."""
        due_date = col(TaskProjection.due_date)
        is_open, is_today = (col(TaskProjection.is_open), due_date <= today), due_date == today
        by_day = self.select(is_today, func.count(), of=TaskProjection).where(*is_open).group_by(is_today)
        counts = {bool(of_today): count for of_today, count in await self.session.execute(by_day)}
        earliest_first = self.select(TaskProjection).where(*is_open)
        earliest_first = earliest_first.order_by(due_date, col(TaskProjection.id))
        tasks = (await self.session.scalars(earliest_first.limit(limit))).all()
        return tasks, counts.get(True, 0), counts.get(False, 0)

    async def erase_all(self, now: datetime) -> None:
        """Drop everything; the bare row of the recipient stays, so that a late event finds it erased.

        It is locked first, so that what is being added for the recipient is there to be dropped.
        """
        gone = await lock_recipient(self.session, self.user_id)
        empty = Recipient(id=self.user_id, erased_at=now, day_starts_at=time(9))
        gone.sqlmodel_update(empty.model_dump())
        for model in (Reminder, TaskProjection):
            await self.session.execute(self.delete(model))


def _has_default(now: datetime) -> tuple[ColumnExpressionArgument[bool], ...]:
    return col(TaskProjection.is_open), ~col(TaskProjection.has_reminders), col(TaskProjection.due_at) > now


async def take_due(session: AsyncSession, now: datetime, limit: int) -> Sequence[Reminder]:
    """Make at most `limit` planned reminders whose time has come due; nobody else takes these."""
    ids = (await session.scalars(_DUE, {"now": now, "limit": limit})).all()
    if not ids:
        return []
    taken = (
        update(Reminder)
        .where(col(Reminder.id).in_(ids), col(Reminder.state) == "planned")
        .values(state="due", fired_at=now)
        .returning(Reminder)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalars(taken)).all()


async def count_due(session: AsyncSession, before: datetime) -> int:
    """How many have been due since `before` and were not fired."""
    is_due = (col(Reminder.state) == "planned", col(Reminder.remind_at) < before)
    return await session.scalar(select(func.count()).where(*is_due)) or 0


async def add_jobs(session: AsyncSession, instants: Sequence[datetime]) -> None:
    """Note that a job is needed then; the scheduler is given it after the commit."""
    if instants:
        await execute_per_dialect(session, _INSERT_JOBS, [{"at": at, "is_set": False} for at in instants])


async def list_unset_jobs(session: AsyncSession, limit: int) -> Sequence[datetime]:
    return (await session.scalars(_UNSET.limit(limit))).all()


async def find_next_job(session: AsyncSession, after: datetime) -> datetime | None:
    query = select(func.min(col(ScheduledJob.at))).where(
        col(ScheduledJob.is_set), col(ScheduledJob.at) > after
    )
    found: datetime | None = await session.scalar(query)
    return found


async def mark_set(session: AsyncSession, instants: Sequence[datetime]) -> None:
    await session.execute(update(ScheduledJob).where(col(ScheduledJob.at).in_(instants)).values(is_set=True))


async def mark_all_unset(session: AsyncSession) -> None:
    await session.execute(update(ScheduledJob).values(is_set=False))


async def delete_past_jobs(session: AsyncSession, until: datetime) -> None:
    await session.execute(delete(ScheduledJob).where(col(ScheduledJob.at) <= until))


async def purge_fired(session: AsyncSession, before: datetime) -> None:
    """Drop reminders that are long over."""
    is_over = col(Reminder.state).in_(("due", "cancelled", "past"))
    is_old = func.coalesce(col(Reminder.remind_at), col(Reminder.created_at)) < before
    await session.execute(delete(Reminder).where(is_over, is_old, col(Reminder.kind) != "digest"))


async def purge_deleted_tasks(session: AsyncSession, before: datetime) -> None:
    """Drop tasks that have been in the trash since `before`: they can't come back, nor can their events."""
    await session.execute(delete(TaskProjection).where(col(TaskProjection.deleted_at) < before))
