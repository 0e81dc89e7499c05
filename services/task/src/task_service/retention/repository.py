"""Queries that drop the oldest of the trash and the history: after a time, or where more comes than fits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, select, union
from sqlmodel import col

from task_service.models import Activity, Project, Task, TaskLabel, TaskText
from task_service.quotas.amounts import Amounts
from task_service.quotas.repository import USAGE, add_amounts, octet_length

SLICE = 500
SLICES = 20
"""In one transaction at most; the rest leaves with the next one."""


def make_room(connection: Connection, user_id: str, limits: Mapping[str, int]) -> None:
    """Drop as much of the oldest as is too much."""
    for _ in range(SLICES):
        used = connection.execute(select(USAGE).where(USAGE.c.user_id == user_id)).mappings().one()
        over = {name: used[name] - limit for name, limit in limits.items()}
        dropped = _drop(connection, user_id, over)
        if not any(dropped.values()):
            return
        add_amounts(connection, user_id, Counter({name: -number for name, number in dropped.items()}))


def users_with_trash(before: datetime) -> Select[str]:
    """Whose tasks or projects were put into the trash before that moment."""
    found = union(
        *(select(col(model.user_id)).where(col(model.deleted_at) < before) for model in (Task, Project))
    )
    return found.subquery().select()


def users_with_history(before: str) -> Select[str]:
    """Who has entries with ids before that one."""
    return select(col(Activity.user_id)).where(col(Activity.id) < before).distinct()


def purge_trash(connection: Connection, user_id: str, before: datetime, most: int = SLICE) -> int:
    """Drop what was put into the trash before that moment, `most` tasks at a time; how many these were."""
    dropped = _drop_tasks(connection, user_id, most, _trashed(Task, user_id, before))
    if dropped["trashed_tasks"] < most:
        dropped += _drop_projects(connection, most, _trashed(Project, user_id, before))
    if dropped:
        add_amounts(connection, user_id, Counter({name: -number for name, number in dropped.items()}))
    return dropped["trashed_tasks"]


def purge_history(connection: Connection, user_id: str, before: str, most: int = SLICE) -> int:
    """Drop entries with ids before that one; how many bytes these were."""
    dropped = _drop_entries(connection, _entries(user_id, most, col(Activity.id) < before))
    if dropped:
        add_amounts(connection, user_id, Counter(bytes_of_history=-dropped))
    return dropped


def _drop(connection: Connection, user_id: str, over: Mapping[str, int]) -> Amounts:
    dropped: Amounts = Counter()
    if over["trashed_tasks"] > 0 or over["bytes_in_trash"] > 0:
        most = min(over["trashed_tasks"], SLICE) if over["trashed_tasks"] > 0 else 10
        dropped += _drop_tasks(connection, user_id, most, _trashed(Task, user_id, None))
    if over["trashed_projects"] > 0:
        most = min(over["trashed_projects"], SLICE)
        dropped += _drop_projects(connection, most, _trashed(Project, user_id, None))
    if over["bytes_of_history"] - dropped["bytes_of_history"] > 0:
        dropped["bytes_of_history"] += _drop_entries(connection, _entries(user_id, 50))
    return dropped


def _drop_tasks(connection: Connection, user_id: str, most: int, which: ColumnElement[bool]) -> Amounts:
    oldest = select(col(Task.id)).where(which).order_by(col(Task.deleted_at), col(Task.id)).limit(most)
    bytes_of = octet_length(col(Task.title)) + octet_length(col(Task.notes))
    gone = connection.execute(
        delete(Task).where(col(Task.id).in_(oldest), which).returning(col(Task.id), bytes_of)
    ).all()
    ids = [id for id, _ in gone]
    history = _drop_entries(
        connection, and_(col(Activity.user_id) == user_id, col(Activity.task_id).in_(ids))
    )
    for table in (TaskLabel, TaskText):
        _delete_of(connection, table, user_id, ids)
    return +Counter(
        trashed_tasks=len(ids), bytes_in_trash=sum(size for _, size in gone), bytes_of_history=history
    )


def _drop_projects(connection: Connection, most: int, which: ColumnElement[bool]) -> Amounts:
    oldest = select(col(Project.id)).where(which).order_by(col(Project.deleted_at), col(Project.id))
    gone = delete(Project).where(col(Project.id).in_(oldest.limit(most)), which).returning(col(Project.id))
    return +Counter(trashed_projects=len(connection.execute(gone).all()))


def _drop_entries(connection: Connection, which: ColumnElement[bool]) -> int:
    return sum(connection.execute(delete(Activity).where(which).returning(col(Activity.size))).scalars())


def _entries(user_id: str, most: int, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    """The oldest entries of a user."""
    oldest = select(col(Activity.id)).where(col(Activity.user_id) == user_id, *also)
    return col(Activity.id).in_(oldest.order_by(col(Activity.id)).limit(most))


def _trashed(model: type[Any], user_id: str, before: datetime | None) -> ColumnElement[bool]:
    when = col(model.deleted_at)
    return and_(col(model.user_id) == user_id, when.is_not(None) if before is None else when < before)


def _delete_of(connection: Connection, table: type[Any], user_id: str, ids: Sequence[str]) -> None:
    connection.execute(delete(table).where(col(table.user_id) == user_id, col(table.task_id).in_(ids)))
