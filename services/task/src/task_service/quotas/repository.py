"""Queries of what accounts keep."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Integer

from servicekit.persistence.database import build_per_dialect
from servicekit.persistence.json_rows import insert_json_rows, rows_of
from servicekit.persistence.ownership import OwnedRepository
from task_service.quotas.amounts import ALL, Amounts
from task_service.quotas.models import AccountUsage
from task_service.unit_of_work.repository import ReturningInsert

USAGE = AccountUsage.metadata.tables["account_usage"]


def _adding(new: Any) -> Any:
    more = {name: USAGE.c[name] + new.excluded[name] for name in ALL}
    return new.on_conflict_do_update(index_elements=["user_id"], set_=more).returning(*USAGE.c)


_ADD = build_per_dialect(lambda insert: _adding(insert(USAGE)))
USED = ReturningInsert(
    "used", postgresql=_adding(insert_json_rows(USAGE, rows_of("used"))), sqlite=_ADD["sqlite"]
)
"""Adds to what accounts keep; tells what they keep then."""


class octet_length(GenericFunction[int]):
    """Bytes of a text in UTF-8."""

    type = Integer()
    inherit_cache = True


@compiles(octet_length, "sqlite")
def _octet_length_of_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    """SQLite has the function since 3.43 only."""
    return f"length(CAST({compiler.process(element.clauses, **options)} AS BLOB))"


def add_amounts(connection: Connection, user_id: str, added: Amounts) -> Mapping[str, int]:
    """Add to what an account keeps; returns what it keeps then."""
    values = {name: added[name] for name in ALL}
    row = connection.execute(_ADD[connection.dialect.name], {"user_id": user_id, **values}).one()
    return row._mapping  # type: ignore[return-value]  # its keys are the names of the columns


class UsageRepository(OwnedRepository):
    """What one account keeps."""

    async def read_usage(self) -> AccountUsage:
        return await self.find_own(AccountUsage) or AccountUsage(user_id=self.user_id)

    async def erase_all(self) -> None:
        await self.session.execute(self.delete(AccountUsage))
