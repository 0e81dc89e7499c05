"""Every query for tasks."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, bindparam, cast, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.util import identity_key
from sqlmodel import SQLModel, col

from servicekit.errors import AccountGone
from servicekit.persistence.database import build_per_dialect, execute_per_dialect
from servicekit.persistence.prepared_queries import PreparedQuery
from servicekit.web.idempotency import CLAIMED
from task_service.filtering.columns import select_columns
from task_service.models import (
    Activity,
    ErasedOwner,
    Label,
    Project,
    SavedFilter,
    Task,
    TaskLabel,
    TaskText,
)
from task_service.tasks.presenters import TASK_FIELDS
from task_service.unit_of_work.repository import LOCK_USER

OWNED: tuple[type[SQLModel], ...] = (Activity, TaskLabel, TaskText, Task, Label, Project, SavedFilter)
"""The tables with a user's data."""
_NOTE_ERASED = build_per_dialect(lambda insert: insert(ErasedOwner).on_conflict_do_nothing())


async def lock_user(session: AsyncSession, user_id: str) -> None:
    """Acquire the advisory lock of a user: whoever changes something of theirs holds it until the transaction
    ends, so writes of one user are serialised and what was read under it stays true.

    SQLite has one writer anyway. Where an idempotency key was claimed for the user the lock came with it.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql" and session.info.get(CLAIMED) != user_id:
        await connection.execute(LOCK_USER, {"user_id": user_id})


async def require_account(session: AsyncSession, user_id: str) -> None:
    """Raise `AccountGone` for an erased user. Under the lock of the user, for what the change log does not
    number: there it is looked up with the number."""
    if await session.get(ErasedOwner, user_id):
        raise AccountGone


async def by_id(session: AsyncSession, user_id: str, id: str, *, trashed: bool = False) -> Task | None:
    """A task; what is in the trash only if `trashed`."""
    query = select(Task).where(col(Task.id) == id, col(Task.user_id) == user_id)
    if not trashed:
        query = query.where(col(Task.deleted_at).is_(None))
    return (await session.scalars(query)).first()


_TASK = Task.metadata.tables["task"].c
_IS_THERE = and_(
    *(_TASK[name] == bindparam(name, type_=_TASK[name].type) for name in ("id", "user_id")),
    _TASK.deleted_at.is_(None),
)
SHOWN = PreparedQuery(select(*select_columns(TASK_FIELDS)).where(_IS_THERE))
"""A task as it is shown, unless it is in the trash: `id`, `user_id`."""
VERSION = PreparedQuery(select(_TASK.version).where(_IS_THERE))
"""No more of it than its version."""


async def lock(session: AsyncSession, user_id: str, id: str) -> Task | None:
    """A task, in the trash or not, locked until the transaction ends."""
    query = select(Task).where(col(Task.id) == id, col(Task.user_id) == user_id)
    return (await session.scalars(query.with_for_update())).first()


async def subtasks(session: AsyncSession, user_id: str, parents: Collection[str]) -> Sequence[Task]:
    """What lies directly below these tasks, outside the trash."""
    query = select(Task).where(
        col(Task.user_id) == user_id, col(Task.parent_id).in_(parents), col(Task.deleted_at).is_(None)
    )
    return (await session.scalars(query.order_by(col(Task.created_at), col(Task.id)))).all()


async def these(session: AsyncSession, user_id: str, ids: Sequence[str]) -> Sequence[Task]:
    """Those of these tasks that there are, the trash included, in the order of their ids in `ids`.

    What the transaction has read is not read again: it holds the lock of its user.
    """
    read = {task.id: task for id in ids if (task := session.identity_map.get(identity_key(Task, id)))}
    found = {id: task for id, task in read.items() if task.user_id == user_id}
    if missing := [id for id in ids if id not in found]:
        query = select(Task).where(col(Task.user_id) == user_id, col(Task.id).in_(missing))
        found |= {task.id: task for task in await session.scalars(query)}
    return [found[id] for id in ids if id in found]


def is_task(id: str) -> ColumnElement[bool]:
    return col(Task.id) == id


def lies_below(id: str) -> ColumnElement[bool]:
    return col(Task.parent_id) == id


def lies_in(projects: Collection[str]) -> ColumnElement[bool]:
    return col(Task.project_id).in_(projects)


async def left_behind(session: AsyncSession, user_id: str, when: datetime) -> Sequence[str]:
    """Ids of tasks outside the trash whose project, or task above, was put there at that moment."""
    ours = col(Task.user_id) == user_id
    above = select(col(Task.id)).where(ours, col(Task.deleted_at) == when)
    projects = select(col(Project.id)).where(col(Project.user_id) == user_id, col(Project.deleted_at) == when)
    is_inside = or_(col(Task.parent_id).in_(above), col(Task.project_id).in_(projects))
    query = select(col(Task.id)).where(ours, col(Task.deleted_at).is_(None), is_inside)
    return (await session.scalars(query)).all()


async def following_the_user(session: AsyncSession, user_id: str) -> Sequence[str]:
    """Ids of tasks whose date, or whose time on the wall, is one wherever their user is; the trash
    included."""
    floats = or_(col(Task.due_time).is_(None), col(Task.time_zone).is_(None))
    query = select(col(Task.id)).where(col(Task.user_id) == user_id, col(Task.due_date).is_not(None), floats)
    return (await session.scalars(query.order_by(col(Task.due_date), col(Task.id)))).all()


async def trashed(
    session: AsyncSession, user_id: str, tasks: Collection[str], projects: Collection[str]
) -> dict[str, datetime]:
    """Which of these tasks and projects are in the trash, and since when."""
    found: dict[str, datetime] = {}
    for model, ids in ((Task, tasks), (Project, projects)):
        if ids:
            query = select(col(model.id), col(model.deleted_at)).where(
                col(model.user_id) == user_id, col(model.id).in_(ids), col(model.deleted_at).is_not(None)
            )
            found |= {id: when for id, when in await session.execute(query) if when}
    return found


async def present(
    session: AsyncSession, user_id: str, tasks: Collection[str], projects: Collection[str]
) -> set[str]:
    """Which of these tasks and projects are there and not in the trash."""
    found: set[str] = set()
    for model, ids in ((Task, tasks), (Project, projects)):
        if ids:
            query = select(col(model.id)).where(
                col(model.user_id) == user_id, col(model.id).in_(ids), col(model.deleted_at).is_(None)
            )
            found.update(await session.scalars(query))
    return found


async def progress(session: AsyncSession, user_id: str, parent_id: str) -> tuple[int, int]:
    """How many subtasks directly below a task are done, and how many there are."""
    done = func.coalesce(func.sum(cast(col(Task.done), Integer)), 0)
    query = select(done, func.count()).where(
        _and_ours(user_id, col(Task.parent_id) == parent_id), col(Task.deleted_at).is_(None)
    )
    row = (await session.execute(query)).one()
    return int(row[0]), int(row[1])


async def next_position(session: AsyncSession, user_id: str, behind: str, *, moved: str) -> str | None:
    """The first position of a task other than `moved` behind `behind`."""
    query = select(func.min(col(Task.position))).where(_others(user_id, moved), col(Task.position) > behind)
    return await session.scalar(query)


async def previous_position(session: AsyncSession, user_id: str, before: str, *, moved: str) -> str | None:
    """The last position of a task other than `moved` before `before`."""
    query = select(func.max(col(Task.position))).where(_others(user_id, moved), col(Task.position) < before)
    return await session.scalar(query)


async def has_position(session: AsyncSession, user_id: str, position: str, *, moved: str) -> bool:
    query = select(col(Task.id)).where(_others(user_id, moved), col(Task.position) == position)
    return (await session.scalar(query.limit(1))) is not None


async def activity(
    session: AsyncSession, user_id: str, task_id: str, before: str | None, limit: int
) -> Sequence[Activity]:
    """What happened to a task, the latest first, before the entry `before`."""
    query = select(Activity).where(col(Activity.task_id) == task_id, col(Activity.user_id) == user_id)
    if before:
        query = query.where(col(Activity.id) < before)
    return (await session.scalars(query.order_by(col(Activity.id).desc()).limit(limit))).all()


async def erase_user(session: AsyncSession, user_id: str, now: datetime) -> None:
    await execute_per_dialect(session, _NOTE_ERASED, {"id": user_id, "erased_at": now})
    for table in OWNED:
        await session.execute(delete(table).where(col(table.user_id) == user_id))  # type: ignore[attr-defined]


def _and_ours(user_id: str, what: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(col(Task.user_id) == user_id, what)


def _others(user_id: str, moved: str) -> ColumnElement[bool]:
    return _and_ours(user_id, col(Task.id) != moved)
