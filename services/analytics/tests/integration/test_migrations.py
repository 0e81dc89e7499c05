"""What the migrations make of dead letters that are there already. On both databases."""

from datetime import UTC, datetime
from typing import Any

import orjson
from analytics_service.models import DeadLetter
from sqlalchemy import Connection, MetaData, Table, select
from sqlmodel import col

from contracts.names import App
from contracts.user import UserDeleted
from servicekit.migrations import migrate
from servicekit.persistence.database import Database
from tests.upgrading import upgrade_to

EVENTS: dict[str, Any] = {
    "a": {"id": "a", "data": {"user_id": "ada"}},
    "b": {"id": "b", "type": UserDeleted.type, "data": {"user_id": "ada"}},
    "c": {"id": "c", "data": None, "partitionkey": "bob"},
    "d": "bm90IGpzb24=",
}


def insert_old(connection: Connection) -> None:
    table = Table("dead_letter", MetaData(), autoload_with=connection)
    now = datetime.now(UTC)
    usual = {"consumer": "", "topic": "todo-events", "cause": "x", "parked_at": now, "failed_at": now}
    for id, event in EVENTS.items():
        values = {"id": id, "event_id": id, "event": orjson.dumps(event).decode()}
        connection.execute(table.insert(), usual | values)


class TestDeadLetters:
    async def test_are_given_to_whom_they_are_about(self, database_url: str) -> None:
        database = Database(App.ANALYTICS, database_url)
        async with database.engine.begin() as connection:
            await connection.run_sync(upgrade_to, App.ANALYTICS, "0002")
            await connection.run_sync(insert_old)
        await migrate(database)
        async with database.reading() as session:
            query = select(col(DeadLetter.user_id)).order_by(col(DeadLetter.id))
            owners = (await session.scalars(query)).all()
        await database.close()
        assert owners == ["ada", "", "bob", ""]
