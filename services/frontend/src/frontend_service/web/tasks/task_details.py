"""What the page of a task shows beside its form: subtasks, and what happened to it."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from contracts.api.page import Page
from contracts.api.tasks import ActivityRead, TaskRead
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.web.notifications.inbox_page import describe_age
from frontend_service.web.request_context import RequestContext
from frontend_service.web.tasks import task_form
from servicekit.errors import ServiceError

SHOWN = 50
T = TypeVar("T")
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
class FieldChange:
    """One field, before and after, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """One thing that happened to a task."""

    what: str
    at: str
    ago: str
    changes: list[FieldChange]
    via: str = ""
    """What acted for the user; empty for the user."""
    is_api_token: bool = False


@dataclass(frozen=True, slots=True)
class Details:
    """Subtasks in their order, and events, the latest first."""

    subtasks: list[TaskRead]
    events: list[ActivityEntry]


async def read_details(context: RequestContext, id: str, now: datetime, names: Mapping[str, str]) -> Details:
    """names: of projects, by id. What can't be read is left out."""
    query = urlencode({"filter": f'parent = "{id}"', "sort": "position"})
    subtasks = await _find_items(context.services.tasks.list_tasks(query, SHOWN))
    activity = await _find_items(context.services.tasks.list_activity(id, SHOWN))
    return Details(subtasks, [describe_event(entry, now, names) for entry in activity])


def describe_event(entry: ActivityRead, now: datetime, names: Mapping[str, str]) -> ActivityEntry:
    """An entry of the activity, in words."""
    changes = [] if entry["what"] == "created" else describe_changes(entry["before"], entry["after"], names)
    at, via = entry["at"], entry.get("via")
    age = describe_age(datetime.fromisoformat(at), now)
    by, is_api_token = (via["name"], bool(via["token"])) if via else ("", False)
    return ActivityEntry(WHAT[entry["what"]], at, age, changes, by, is_api_token)


def describe_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str]
) -> list[FieldChange]:
    """The fields of an activity that people see, in words; `names`: of projects and tasks, by id."""
    return [
        FieldChange(
            FIELDS.get(name, name),
            _format_value(name, before[name], names),
            _format_value(name, after[name], names),
        )
        for name in after
        if name not in UNSEEN
    ]


def _format_value(name: str, value: Any, names: Mapping[str, str]) -> str:
    if name == "priority":
        return task_form.PRIORITIES[str(value)]
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        return str(value.get("rule", ""))
    text = str(value or "")
    return names.get(text, text)


async def _find_items(page: Awaitable[Page[T]]) -> list[T]:
    try:
        return (await page)["items"]
    except ServiceError as error:
        if isinstance(error, UpstreamError) and not is_unavailable(error) and error.status != 404:
            raise
        return []
