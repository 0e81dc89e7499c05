"""What the page of a task shows beside its form: subtasks, and what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from contracts.names import App
from frontend_service.clients.service_client import Json, Refused, is_away
from frontend_service.web.notifications.inbox_page import ago
from frontend_service.web.request_context import Visit
from frontend_service.web.tasks import task_form
from servicekit.errors import ServiceError

SHOWN = 50
WHAT = {
    "created": "Added",
    "updated": "Changed",
    "completed": "Completed",
    "reopened": "Reopened",
    "deleted": "Moved to the trash",
    "restored": "Restored",
}
FIELDS = task_form.LABELS | {"parent_id": "Parent", "recurrence": "Repeats"}
UNSEEN = frozenset(
    {"id", "done", "due_at", "series_id", "occurrence", "position", "completed_at", "deleted_at"}
)
"""Values that follow from others, or mean nothing to a person."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a task."""

    what: str
    at: str
    ago: str
    changes: list[Change]
    via: str = ""
    """What acted for the user; empty for the user."""
    is_api_token: bool = False


@dataclass(frozen=True, slots=True)
class Details:
    """Subtasks in their order, and events, the latest first."""

    subtasks: list[Json]
    events: list[Event]


async def read_details(visit: Visit, id: str, now: datetime, names: Mapping[str, str]) -> Details:
    """names: of projects, by id. What can't be read is left out."""
    query = urlencode({"filter": f'parent = "{id}"', "sort": "position", "limit": SHOWN})
    below = await _items(visit, f"/tasks?{query}")
    happened = await _items(visit, f"/tasks/{id}/activity?limit={SHOWN}")
    return Details(below, [event_of(entry, now, names) for entry in happened])


def event_of(entry: Json, now: datetime, names: Mapping[str, str]) -> Event:
    """An entry of the activity, in words."""
    changes = [] if entry["what"] == "created" else changes_of(entry["before"], entry["after"], names)
    at, via = entry["at"], entry.get("via") or {}
    said = ago(datetime.fromisoformat(at), now)
    return Event(WHAT[entry["what"]], at, said, changes, via.get("name", ""), bool(via.get("token")))


def changes_of(before: Json, after: Json, names: Mapping[str, str]) -> list[Change]:
    return [
        Change(FIELDS.get(name, name), _said(name, before[name], names), _said(name, after[name], names))
        for name in after
        if name not in UNSEEN
    ]


def _said(name: str, value: Any, names: Mapping[str, str]) -> str:
    if name == "priority":
        return task_form.PRIORITIES[str(value)]
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        return str(value.get("rule", ""))
    text = str(value or "")
    return names.get(text, text)


async def _items(visit: Visit, path: str) -> list[Json]:
    try:
        found: list[Json] = (await visit.backend.get(App.TASK, path))["items"]
    except ServiceError as error:
        if isinstance(error, Refused) and not is_away(error) and error.status != 404:
            raise
        return []
    return found
