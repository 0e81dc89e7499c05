"""Queries of imports and exports.

Bulk insert: new rows come as one JSON array of objects, and one statement a table inserts them all.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    DateTime,
    Executable,
    Select,
    String,
    Time,
    TypeDecorator,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    inspect,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import SQLModel, col

from servicekit.persistence.database import execute_per_dialect
from servicekit.persistence.json_rows import ROWS, select_json_rows
from servicekit.persistence.ownership import ANY_OWNER, OwnedRepository
from servicekit.persistence.prepared_queries import ExistsQuery
from task_service.import_export.models import ImportJob
from task_service.import_export.rows import Chunk
from task_service.models import Activity, OutboxRow, Project, Task, TaskLabel, TaskText
from task_service.named_resources.repository import Named

UNFINISHED = ("waiting", "running")
IDS_PER_QUERY = 5_000
"""Ids that are looked for in one statement."""
READING = "reading"
"""Of a file that a request still reads; nothing of it is to be seen."""

_IDS = bindparam("ids", type_=String)
"""A JSON array of them."""
_EACH = select(func.json_array_elements_text(cast(_IDS, JSON))).scalar_subquery()
_KNOWN = {
    dialect: ANY_OWNER.select(col(Task.id), of=Task).where(is_one)
    for dialect, is_one in (
        ("postgresql", col(Task.id) == any_(func.array(_EACH))),
        ("sqlite", col(Task.id).in_(select(func.json_each(_IDS).table_valued("value").c.value))),
    )
}
"""An array, for a join would be planned by how many tasks the user had when statistics were last taken."""

_WITHOUT_THE_FILE = defer(inspect(ImportJob).attrs["body"].class_attribute)

_MAY_BE_LEASED = (
    col(ImportJob.status).in_([literal_column(f"'{status}'") for status in UNFINISHED]),
    col(ImportJob.leased_until) < bindparam("now"),
)
IS_ANY_WAITING = ExistsQuery(select(col(ImportJob.id)).where(*_MAY_BE_LEASED))
"""Whether there is an import that nobody works on at `now`."""

_FRACTION = ".000000"
"""SQLAlchemy stores it in SQLite always, JSON has it where there is one."""


class ImportRepository(OwnedRepository):
    """The imports of one owner, and what is asked and written while one goes on."""

    async def find_job(self, id: str) -> ImportJob | None:
        query = self.select(ImportJob).where(col(ImportJob.id) == id, col(ImportJob.status) != READING)
        return (await self.session.scalars(query)).first()

    async def count_running(self, now: datetime) -> int:
        """How many files of the owner are being parsed or imported, or are queued, at `now`."""
        is_read = and_(col(ImportJob.status) == READING, col(ImportJob.leased_until) > now)
        is_running = or_(col(ImportJob.status).in_(UNFINISHED), is_read)
        return (await self.session.scalar(self.select(func.count(), of=ImportJob).where(is_running))) or 0

    async def lock_job(self, id: str) -> ImportJob | None:
        """Without the file, which can have some megabytes."""
        query = self.select(ImportJob).where(col(ImportJob.id) == id).options(_WITHOUT_THE_FILE)
        return (await self.session.scalars(query.with_for_update())).first()

    async def discard_unqueued(self, id: str) -> None:
        """Drop a file that was parsed, unless it is queued."""
        query = self.delete(ImportJob).where(col(ImportJob.id) == id, col(ImportJob.status) == READING)
        await self.session.execute(query)

    async def erase_all(self) -> None:
        await self.session.execute(self.delete(ImportJob))

    async def find_known_tasks(self, ids: Collection[str]) -> set[str]:
        """Which of these ids are tasks of the owner, the trash included."""
        found: set[str] = set()
        ordered_ids = list(ids)
        connection = await self.session.connection()
        query = _KNOWN[connection.dialect.name]
        for start in range(0, len(ordered_ids), IDS_PER_QUERY):
            given = {
                "user_id": self.user_id,
                "ids": orjson.dumps(ordered_ids[start : start + IDS_PER_QUERY]).decode(),
            }
            found |= set((await connection.scalars(query, given)).all())
        return found

    async def insert_rows(self, chunk: Chunk) -> None:
        """Insert the rows of a chunk, past the session, which sees nothing of it."""
        for name, rows in chunk.rows.items():
            await execute_per_dialect(self.session, _INSERTS[name], {"rows": rows})


class ExportRepository(OwnedRepository):
    """What an export reads of one owner."""

    async def list_projects(self) -> Sequence[Project]:
        """All that are not in the trash, in their order."""
        query = self.select(Project).where(col(Project.deleted_at).is_(None))
        return (await self.session.scalars(query.order_by(col(Project.position), col(Project.id)))).all()

    async def list_all(self, model: type[Named]) -> Sequence[Named]:
        query = self.select(model, of=model).order_by(col(model.position), col(model.id))
        return (await self.session.scalars(query)).all()

    async def list_tasks_after(self, last: str, limit: int, *, trashed: bool = False) -> Sequence[Task]:
        """Tasks that are not in the trash, or those that are, by id, after the id `last`."""
        deleted = col(Task.deleted_at)
        query = self.select(Task).where(
            col(Task.id) > last, deleted.is_not(None) if trashed else deleted.is_(None)
        )
        return (await self.session.scalars(query.order_by(col(Task.id)).limit(limit))).all()

    async def list_activity_after(self, last: str, limit: int) -> Sequence[Activity]:
        """What happened to all tasks, oldest first, after the id `last`."""
        query = self.select(Activity).where(col(Activity.id) > last)
        return (await self.session.scalars(query.order_by(col(Activity.id)).limit(limit))).all()

    async def list_zones(self) -> Sequence[str]:
        """The time zones tasks of the owner are fixed to."""
        query = self.select(col(Task.time_zone), of=Task).where(
            col(Task.deleted_at).is_(None), col(Task.time_zone).is_not(None)
        )
        return [zone for zone in (await self.session.scalars(query.distinct())).all() if zone]


async def lock_next_job(session: AsyncSession, now: datetime) -> ImportJob | None:
    """The oldest import, of whomever, nobody works on, locked."""
    query = select(ImportJob).where(*_MAY_BE_LEASED).order_by(col(ImportJob.created_at)).limit(1)
    return (await session.scalars(query.with_for_update(skip_locked=True), {"now": now})).first()


async def purge_jobs(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(ImportJob).where(col(ImportJob.created_at) < before))


def _make_insert(model: type[SQLModel]) -> Mapping[str, Executable]:
    """The statement that inserts `rows`, for each dialect; what the database numbers is left to it."""
    table = model.metadata.tables[str(model.__tablename__)]
    columns = [each for each in table.columns if each is not table.autoincrement_column]
    new = insert(table)
    names = [each.name for each in columns]
    return {
        "postgresql": new.from_select(names, select_json_rows(columns)),
        "sqlite": new.from_select(names, _select_sqlite_rows(columns)),
    }


def _select_sqlite_rows(columns: Sequence[Column[Any]]) -> Select[Any]:
    row = func.json_each(ROWS).table_valued("value").c.value
    return select(*(_to_sqlite_value(func.json_extract(row, f"$.{each.name}"), each) for each in columns))


def _to_sqlite_value(value: ColumnElement[Any], of: Column[Any]) -> ColumnElement[Any]:
    """A value of JSON in the form in which SQLAlchemy stores it in SQLite."""
    kind = of.type.impl if isinstance(of.type, TypeDecorator) else of.type
    if isinstance(kind, DateTime):
        whole = func.substr(func.rtrim(value, "Z").concat(_FRACTION), 1, len("2026-01-01T00:00:00.000000"))
        return func.replace(whole, "T", " ")
    if isinstance(kind, Time):
        return func.substr(value.concat(_FRACTION), 1, len("00:00:00.000000"))
    return value


_INSERTS = {
    str(model.__tablename__): _make_insert(model)
    for model in (Task, TaskText, TaskLabel, Activity, OutboxRow)
}
