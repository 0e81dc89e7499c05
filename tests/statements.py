"""The statements that one request or delivery runs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import asyncpg
from sqlalchemy import event

from conftest import ServiceUnderTest


@contextmanager
def statements(service: ServiceUnderTest) -> Iterator[list[str]]:
    """The SQL that requests of this test run meanwhile, also past SQLAlchemy; `BEGIN` is left out.

    A request to an app in process runs in the task that asks; what runs beside requests has tasks of its own.
    """
    seen: list[str] = []
    asking = asyncio.current_task()
    fetch = asyncpg.Connection.fetch

    async def noting(connection: Any, statement: str, *values: Any) -> Any:
        if asyncio.current_task() is asking:
            seen.append(statement)
        return await fetch(connection, statement, *values)

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith("BEGIN") and asyncio.current_task() is asking:
            seen.append(statement)

    engine = service.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    with patch.object(asyncpg.Connection, "fetch", noting):
        yield seen
    event.remove(engine, "before_cursor_execute", note)
