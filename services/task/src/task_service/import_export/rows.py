"""The rows of new tasks in every table, made away from any database.

They are what `POST /tasks` writes: the task, how it is found, its activity and its event. Those of a table
are one JSON document, which the database takes apart (`repository`): so the event loop hands on one text, and
not a value for each column of each row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import orjson

from contracts.names import App
from contracts.task import TaskCreated
from servicekit.uuids import new_id
from task_service.import_export.new_task import NewTask
from task_service.import_export.parsed_file import Owner
from task_service.quotas.sizes import size_of
from task_service.search_texts import keys_of, texts_of
from task_service.told import given

COLUMNS = tuple(NewTask.__dataclass_fields__)
TOLD = (
    *("id", "title", "notes", "done", "priority", "labels", "project_id", "parent_id", "subtasks_done"),
    *("subtasks_total", "due_date", "due_time", "time_zone", "due_at", "recurrence", "series_id"),
    *("occurrence", "reminders", "position", "version", "created_at", "updated_at", "completed_at"),
    "deleted_at",
)
"""The fields of `TaskSnapshot`, in its order."""
NOTHING = orjson.dumps({})
_all = attrgetter(*COLUMNS)
_told = attrgetter(*TOLD)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is added in one transaction."""

    rows: dict[str, str]
    """Name of a table → its rows, a JSON array of objects; each table's in the order of the tasks."""
    ids: list[str]
    labels: list[str]
    """Names, each once."""
    parents: set[str]
    """Of these tasks, those that were there before."""
    text_bytes: int
    history_bytes: int


def chunk_of(tasks: Sequence[NewTask], user: Owner, parents: set[str]) -> Chunk:
    """The rows of these tasks, which `user` adds."""
    now = datetime.now(UTC)
    told = [_snapshot(task) for task in tasks]
    activity = [_activity(user, *each) for each in zip(tasks, told, strict=True)]
    names = dict.fromkeys(label for task in tasks for label in task.labels)
    rows = {
        "task": [dict(zip(COLUMNS, _all(task), strict=True)) for task in tasks],
        "task_text": [_key(task) | texts_of(task.title, task.notes, task.labels) for task in tasks],
        "task_label": [_key(task) | {"key": key} for task in tasks for key in keys_of(task.labels)],
        "activity": activity,
        "outbox": [_event(user, each, now) for each in told],
    }
    return Chunk(
        rows={name: _json(values).decode() for name, values in rows.items() if values},
        ids=[task.id for task in tasks],
        labels=list(names),
        parents=parents,
        text_bytes=sum(size_of(task.title) + size_of(task.notes) for task in tasks),
        history_bytes=sum(each["size"] for each in activity),
    )


def _key(task: NewTask) -> dict[str, str]:
    return {"user_id": task.user_id, "task_id": task.id}


def _snapshot(task: NewTask) -> dict[str, Any]:
    """What `TaskSnapshot` says of it."""
    told = dict(zip(TOLD, _told(task), strict=True))
    told["reminders"] = [
        {"minutes_before": each.get("minutes_before"), "at": each.get("at")} for each in task.reminders
    ]
    return told


def _activity(user: Owner, task: NewTask, told: dict[str, Any]) -> dict[str, Any]:
    after = _json(given(told))
    return {
        "id": new_id(),
        "user_id": task.user_id,
        "task_id": task.id,
        "by": user.user_id,
        "what": "created",
        "before": {},
        "after": orjson.Fragment(after),
        "size": len(NOTHING) + len(after),
        "at": task.updated_at,
        "via": user.via,
    }


def _event(user: Owner, told: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The row of the outbox. Its payload, an object here, is stored as text: a `CloudEvent`."""
    id = new_id()
    payload = {
        "specversion": "1.0",
        "id": id,
        "source": f"/services/{App.TASK}",
        "type": TaskCreated.type,
        "subject": told["id"],
        "time": now,
        "datacontenttype": "application/json",
        "partitionkey": user.user_id,
        "traceparent": "",
        "traceid": "",
        "data": {"user_id": user.user_id, "task": told},
    }
    return {
        "topic": TaskCreated.topic,
        "key": user.user_id,
        "event_id": id,
        "payload": payload,
        "recorded_at": now,
    }


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
