"""Queries that drop the oldest of the trash and the history: after a time, or where more comes than fits."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, select, union
from sqlmodel import col

from servicekit.persistence.ownership import OwnerScope
from task_service.models import Activity, Project, Task, TaskLabel, TaskText
from task_service.quotas.amounts import Amounts
from task_service.quotas.repository import USAGE, add_amounts, octet_length

SLICE = 500
SLICES = 20
"""In one transaction at most; the rest leaves with the next one."""


def make_room(connection: Connection, user_id: str, limits: Mapping[str, int]) -> None:
    """Drop as much of the oldest as is too much."""
    for _ in range(SLICES):
        owner = OwnerScope(user_id)
        used = connection.execute(owner.select(USAGE, of=USAGE)).mappings().one()
        over = {name: used[name] - limit for name, limit in limits.items()}
        dropped = _drop_excess(connection, owner, over)
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
    owner = OwnerScope(user_id)
    dropped = _drop_tasks(connection, owner, most, col(Task.deleted_at) < before)
    if dropped["trashed_tasks"] < most:
        dropped += _drop_projects(connection, owner, most, col(Project.deleted_at) < before)
    if dropped:
        add_amounts(connection, user_id, Counter({name: -number for name, number in dropped.items()}))
    return dropped["trashed_tasks"]


def purge_history(connection: Connection, user_id: str, before: str, most: int = SLICE) -> int:
    """Drop entries with ids before that one; how many bytes these were."""
    dropped = _drop_oldest_entries(connection, OwnerScope(user_id), most, col(Activity.id) < before)
    if dropped:
        add_amounts(connection, user_id, Counter(bytes_of_history=-dropped))
    return dropped


def _drop_excess(connection: Connection, owner: OwnerScope, over: Mapping[str, int]) -> Amounts:
    dropped: Amounts = Counter()
    if over["trashed_tasks"] > 0 or over["bytes_in_trash"] > 0:
        most = min(over["trashed_tasks"], SLICE) if over["trashed_tasks"] > 0 else 10
        dropped += _drop_tasks(connection, owner, most, col(Task.deleted_at).is_not(None))
    if over["trashed_projects"] > 0:
        most = min(over["trashed_projects"], SLICE)
        dropped += _drop_projects(connection, owner, most, col(Project.deleted_at).is_not(None))
    if over["bytes_of_history"] - dropped["bytes_of_history"] > 0:
        dropped["bytes_of_history"] += _drop_oldest_entries(connection, owner, 50)
    return dropped


def _drop_tasks(
    connection: Connection, owner: OwnerScope, most: int, is_meant: ColumnElement[bool]
) -> Amounts:
    """The `most` of these that went to the trash first, and what is known of them."""
    oldest = owner.select(col(Task.id), of=Task).where(is_meant).order_by(col(Task.deleted_at), col(Task.id))
    bytes_of = octet_length(col(Task.title)) + octet_length(col(Task.notes))
    gone = owner.delete(Task).where(col(Task.id).in_(oldest.limit(most)), is_meant)
    found = connection.execute(gone.returning(col(Task.id), bytes_of)).all()
    ids = [id for id, _ in found]
    history = _drop_entries(connection, owner, col(Activity.task_id).in_(ids))
    for table in (TaskLabel, TaskText):
        connection.execute(owner.delete(table).where(col(table.task_id).in_(ids)))
    return +Counter(
        trashed_tasks=len(ids), bytes_in_trash=sum(size for _, size in found), bytes_of_history=history
    )


def _drop_projects(
    connection: Connection, owner: OwnerScope, most: int, is_meant: ColumnElement[bool]
) -> Amounts:
    oldest = owner.select(col(Project.id), of=Project).where(is_meant)
    oldest = oldest.order_by(col(Project.deleted_at), col(Project.id)).limit(most)
    gone = owner.delete(Project).where(col(Project.id).in_(oldest), is_meant).returning(col(Project.id))
    return +Counter(trashed_projects=len(connection.execute(gone).all()))


def _drop_oldest_entries(
    connection: Connection, owner: OwnerScope, most: int, *also: ColumnElement[bool]
) -> int:
    oldest = owner.select(col(Activity.id), of=Activity).where(*also).order_by(col(Activity.id)).limit(most)
    return _drop_entries(connection, owner, col(Activity.id).in_(oldest))


def _drop_entries(connection: Connection, owner: OwnerScope, is_meant: ColumnElement[bool]) -> int:
    gone = owner.delete(Activity).where(is_meant).returning(col(Activity.size))
    return sum(connection.execute(gone).scalars())
