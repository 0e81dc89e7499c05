"""What the stores hold, read behind the back of the services."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg

from contracts.names import Topic
from devstack import servers
from devstack.broker import read_topic
from devstack.stack import Stack
from loadtest.chaos.ledger import CREATED, REMINDER, ClientRecord, StoredState, StoredTask
from loadtest.chaos.receiver import Receiver

TASKS = "SELECT id, user_id, title, notes, done, version FROM task WHERE user_id = ANY($1)"
COUNTS = """
    SELECT user_id, name, sum(value)::int AS value FROM "count" WHERE user_id = ANY($1) GROUP BY 1, 2
"""
ENTRIES = """
    SELECT task_id, count(*)::int AS value FROM notification
    WHERE kind = 'reminder' AND user_id = ANY($1) GROUP BY 1
"""


async def read_state(stack: Stack, users: Sequence[str], receiver: Receiver) -> StoredState:
    """Everything the ledger compares, as it is now. Raises what clients do while a server is away."""
    tasks: dict[str, dict[str, StoredTask]] = defaultdict(dict)
    for row in await _fetch_rows(stack, "task", TASKS, users):
        tasks[row["user_id"]][row["id"]] = StoredTask(*(row[name] for name in StoredTask._fields))
    entries = await _fetch_rows(stack, "notification", ENTRIES, users)
    return StoredState(
        tasks=tasks,
        events=await _read_events(stack, frozenset(users)),
        counts=await _read_counts(stack, users),
        calls=receiver.ids,
        entries={row["task_id"]: row["value"] for row in entries},
        reminded_at={task: at for (task, kind), at in receiver.began.items() if kind == REMINDER},
    )


async def has_effects(stack: Stack, records: Sequence[ClientRecord], receiver: Receiver) -> bool:
    """Whether consumers are through with all that these users were told of."""
    owed = [(id, CREATED) for each in records if each.has_webhook for id in each.tasks]
    if not all(call in receiver.began for call in owed):
        return False
    counts = await _read_counts(stack, [each.user_id for each in records])
    return all(
        counts.get((each.user_id, "tasks_created"), 0) >= len(each.tasks)
        and counts.get((each.user_id, "tasks_completed"), 0) >= each.completed
        for each in records
    )


async def _read_counts(stack: Stack, users: Sequence[str]) -> dict[tuple[str, str], int]:
    rows = await _fetch_rows(stack, "analytics", COUNTS, users)
    return {(row["user_id"], row["name"]): row["value"] for row in rows}


async def _read_events(stack: Stack, users: frozenset[str]) -> dict[tuple[str, int], set[str]]:
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for message in await read_topic(stack.addresses, Topic.TODO_EVENTS):
        event = message.event if message.key in users else {}
        task = event.get("data", {}).get("task")
        if task:
            found[event["subject"], task["version"]].add(event["id"])
    return found


async def _fetch_rows(stack: Stack, database: str, query: str, users: Sequence[str]) -> Any:
    """As the superuser: to the services' role each row shows itself to its owner only."""
    dsn = servers.postgres_dsn(stack.addresses, database, role=servers.POSTGRES_SUPERUSER)
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return await connection.fetch(query, users, timeout=30)
    finally:
        await connection.close()
