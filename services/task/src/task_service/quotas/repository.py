"""Queries of what accounts keep."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Integer
from sqlmodel import col

from servicekit.database import for_both
from task_service.quotas.amounts import ALL, Amounts
from task_service.quotas.models import AccountUsage

USAGE = AccountUsage.metadata.tables["account_usage"]
_ADD = for_both(
    lambda insert: (
        (new := insert(USAGE))
        .on_conflict_do_update(
            index_elements=["user_id"], set_={name: USAGE.c[name] + new.excluded[name] for name in ALL}
        )
        .returning(*(USAGE.c[name] for name in ALL))
    )
)


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


async def usage_of(session: AsyncSession, user_id: str) -> AccountUsage:
    return await session.get(AccountUsage, user_id) or AccountUsage(user_id=user_id)


async def erase_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(AccountUsage).where(col(AccountUsage.user_id) == user_id))
