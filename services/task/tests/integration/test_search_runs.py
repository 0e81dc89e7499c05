"""The search index is made of the runs of letters it was made of before, on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contracts.names import App
from servicekit.migrations import migrate
from servicekit.persistence.database import Database
from tests.upgrading import upgrade_to

BODIES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30), max_size=20)
_SAME = text(
    """
    SELECT bool_and((SELECT array_agg(DISTINCT run ORDER BY run) FROM unnest(before('ada', body)) AS run)
        IS NOT DISTINCT FROM
        (SELECT array_agg(DISTINCT run ORDER BY run) FROM unnest(task_grams('ada', body)) AS run))
    FROM unnest(CAST(:bodies AS text[])) AS body
    """
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """With the function of today, and as `before` that of 0011."""
    database = Database(App.TASK, database_url)
    if not database.is_sqlite:
        async with database.engine.begin() as connection:
            await connection.run_sync(upgrade_to, App.TASK, "0019")
            old = await connection.scalar(text("SELECT pg_get_functiondef('task_grams'::regproc)"))
        await migrate(database)
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql(str(old).replace("task_grams", "before"))
    yield database
    await database.close()


class TestNgrams:
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(BODIES)
    @example(["", "a", "ab", "abc", "abcd", "Crème 会议 🎉", "aaaa"])
    async def test_ngrams_equal_those_of_the_earlier_function(
        self, database: Database, bodies: list[str]
    ) -> None:
        if database.is_sqlite:
            pytest.skip("SQLite has no such index")
        async with database.engine.connect() as connection:
            assert await connection.scalar(_SAME, {"bodies": bodies}) in (True, None)
