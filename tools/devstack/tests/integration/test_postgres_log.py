"""What PostgreSQL logs about rows: nothing."""

import asyncpg
import pytest

from devstack import servers
from devstack.addresses import Addresses
from devstack.paths import RunFolder
from tests.system.waiting import until

ADDRESS = "unmistakable@example.com"


async def test_names_the_constraint_and_no_value(postgres: Addresses, postgres_folder: RunFolder) -> None:
    connection = await asyncpg.connect(servers.postgres_dsn(postgres, "postgres"))
    try:
        await connection.execute("CREATE TEMP TABLE person (email text UNIQUE)")
        await connection.execute("INSERT INTO person VALUES ($1)", ADDRESS)
        with pytest.raises(asyncpg.UniqueViolationError) as error:
            await connection.execute("INSERT INTO person VALUES ($1)", ADDRESS)
        assert ADDRESS in error.value.detail  # so the service is still told
    finally:
        await connection.close()
    log = postgres_folder.logs / "postgres.log"
    until(log.read_text, lambda text: "person_email_key" in text)
    assert ADDRESS not in log.read_text()
