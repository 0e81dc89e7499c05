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
from task_service.activity_log.values import given
from task_service.import_export.new_task import NewTask
from task_service.import_export.parsed_file import Owner
from task_service.quotas.sizes import size_of
from task_service.search_index.texts import build_label_keys, build_search_texts

COLUMNS = tuple(NewTask.__dataclass_fields__)
SNAPSHOT_FIELDS = (
    *("id", "title", "notes", "done", "priority", "labels", "project_id", "parent_id", "subtasks_done"),
    *("subtasks_total", "due_date", "due_time", "time_zone", "due_at", "recurrence", "series_id"),
    *("occurrence", "reminders", "position", "version", "created_at", "updated_at", "completed_at"),
    "deleted_at",
)
"""The fields of `TaskSnapshot`, in its order."""
EMPTY_OBJECT = orjson.dumps({})
_get_column_values = attrgetter(*COLUMNS)
_get_snapshot_values = attrgetter(*SNAPSHOT_FIELDS)


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


def build_chunk(tasks: Sequence[NewTask], user: Owner, parents: set[str]) -> Chunk:
    """The rows of these tasks, which `user` adds."""
    now = datetime.now(UTC)
    snapshots = [_make_snapshot(task) for task in tasks]
    activity = [_make_activity(user, *each) for each in zip(tasks, snapshots, strict=True)]
    names = dict.fromkeys(label for task in tasks for label in task.labels)
    rows = {
        "task": [dict(zip(COLUMNS, _get_column_values(task), strict=True)) for task in tasks],
        "task_text": [
            _make_key(task) | build_search_texts(task.title, task.notes, task.labels) for task in tasks
        ],
        "task_label": [
            _make_key(task) | {"key": key} for task in tasks for key in build_label_keys(task.labels)
        ],
        "activity": activity,
        "outbox": [_make_outbox_row(user, each, now) for each in snapshots],
    }
    return Chunk(
        rows={name: _dump_json(values).decode() for name, values in rows.items() if values},
        ids=[task.id for task in tasks],
        labels=list(names),
        parents=parents,
        text_bytes=sum(size_of(task.title) + size_of(task.notes) for task in tasks),
        history_bytes=sum(each["size"] for each in activity),
    )


def _make_key(task: NewTask) -> dict[str, str]:
    return {"user_id": task.user_id, "task_id": task.id}


def _make_snapshot(task: NewTask) -> dict[str, Any]:
    """What `TaskSnapshot` says of it."""
    snapshot = dict(zip(SNAPSHOT_FIELDS, _get_snapshot_values(task), strict=True))
    snapshot["reminders"] = [
        {"minutes_before": each.get("minutes_before"), "at": each.get("at")} for each in task.reminders
    ]
    return snapshot


def _make_activity(user: Owner, task: NewTask, snapshot: dict[str, Any]) -> dict[str, Any]:
    after = _dump_json(given(snapshot))
    return {
        "id": new_id(),
        "user_id": task.user_id,
        "task_id": task.id,
        "by": user.user_id,
        "what": "created",
        "before": {},
        "after": orjson.Fragment(after),
        "size": len(EMPTY_OBJECT) + len(after),
        "at": task.updated_at,
        "via": user.via,
    }


def _make_outbox_row(user: Owner, snapshot: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The row of the outbox. Its payload, an object here, is stored as text: a `CloudEvent`."""
    id = new_id()
    payload = {
        "specversion": "1.0",
        "id": id,
        "source": f"/services/{App.TASK}",
        "type": TaskCreated.type,
        "subject": snapshot["id"],
        "time": now,
        "datacontenttype": "application/json",
        "partitionkey": user.user_id,
        "traceparent": "",
        "traceid": "",
        "data": {"user_id": user.user_id, "task": snapshot},
    }
    return {
        "topic": TaskCreated.topic,
        "key": user.user_id,
        "event_id": id,
        "payload": payload,
        "recorded_at": now,
    }


def _dump_json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
