"""The tools agents have: each is a call of the task service, in the name of whose token they bring.

What they may do is decided there, scope by scope; what it refuses is told to the agent in its own words.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from chat_service.tasks import PAGE, TaskClient
from servicekit import idempotency
from servicekit.auth import Principal
from servicekit.errors import Invalid, ServiceError
from servicekit.ids import new_id

T = TypeVar("T")
Found = dict[str, Any]
Asked = Context[Any, Request]

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
CHANGES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)
SETTLES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="as the other tools show it")]
"""Nothing that would lead a path of the API elsewhere."""
Cursor = Annotated[str, Field(max_length=4000, description="`next_cursor` of the page before")]
Limit = Annotated[int, Field(ge=1, le=PAGE)]


class TaskFields(BaseModel):
    """Fields of a task. What is left out stays as it is; null empties a field."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(max_length=500)] = ""
    notes: str = ""
    priority: Annotated[int, Field(ge=0, le=4, description="4 is the most urgent, 0 none")] = 0
    labels: Annotated[list[str], Field(description="names; they need not exist yet")] = []
    project_id: str | None = None
    parent_id: Annotated[str | None, Field(description="the task this one is part of")] = None
    due_date: Annotated[str | None, Field(description="YYYY-MM-DD")] = None
    due_time: Annotated[str | None, Field(description="HH:MM, by the clock of the time zone")] = None
    time_zone: Annotated[str | None, Field(description="IANA name; null: wherever the user is")] = None
    recurrence: Annotated[
        dict[str, Any] | None,
        Field(description='{"rule": RRULE of RFC 5545, "from": "due" or "completion"}'),
    ] = None
    reminders: Annotated[
        list[dict[str, Any]],
        Field(description='each {"minutes_before": number} or {"at": RFC 3339 in UTC}'),
    ] = []


async def find_tasks(
    ctx: Asked,
    filter: Annotated[str, Field(description="such as `not done and due <= today and priority >= 3`")] = "",
    text: Annotated[str, Field(max_length=500, description="words in title, labels or notes")] = "",
    sort: Annotated[str, Field(description="such as `-priority,due,created`")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Found:
    """Find tasks, those that are done included unless the filter leaves them out.

    Fields of a filter: done priority due label project title notes created updated completed recurring
    overdue parent; operators: = != < <= > >= ~ in, `and`, `or`, `not`, brackets; dates: 2026-01-31, now,
    today, tomorrow, yesterday, today+3d, today-1w; strings in double quotes.
    """
    asked = {"filter": filter, "q": text, "sort": sort, "cursor": cursor}
    return await _told(_tasks(ctx).find({**asked, "limit": str(limit)}))


async def get_task(ctx: Asked, id: Id) -> Found:
    """One task with all its fields."""
    return await _told(_tasks(ctx).read(id))


async def add_task(
    ctx: Asked, text: Annotated[str, Field(max_length=1000, description="such as `Pay rent tomorrow 9am !3`")]
) -> Found:
    """Add a task in words, as a person would write it.

    Understood are #label, +project, !0 to !4 (priority), dates and times in words, `every weekday`, and
    `remind 30 min before`. A text that is wholly in double quotes is the title as it stands.
    """
    return await _told(_tasks(ctx).add(text))


async def create_task(ctx: Asked, task: TaskFields) -> Found:
    """Add a task from its fields; the title is needed."""
    return await _told(_tasks(ctx).create(_given(task)))


async def update_task(ctx: Asked, id: Id, changes: TaskFields) -> Found:
    """Change the fields named, and no others."""
    return await _told(_tasks(ctx).change(id, _given(changes)))


async def complete_task(ctx: Asked, id: Id) -> Found:
    """Tick a task off. One that recurs goes on to its next date."""
    return await _told(_tasks(ctx).complete(id))


async def reopen_task(ctx: Asked, id: Id) -> Found:
    """Make a task that is done open again."""
    return await _told(_tasks(ctx).reopen(id))


async def delete_task(ctx: Asked, id: Id) -> Found:
    """Put a task into the trash, with its subtasks. `restore_task` takes it out again."""
    await _told(_tasks(ctx).delete(id))
    return {"id": id, "deleted": True}


async def restore_task(ctx: Asked, id: Id) -> Found:
    """Take a task out of the trash."""
    return await _told(_tasks(ctx).restore(id))


async def list_projects(ctx: Asked, limit: Limit = PAGE, cursor: Cursor = "") -> Found:
    """The projects tasks can be in."""
    return await _told(_tasks(ctx).projects({"limit": str(limit), "cursor": cursor}))


async def list_labels(ctx: Asked, limit: Limit = PAGE, cursor: Cursor = "") -> Found:
    """The labels there are."""
    return await _told(_tasks(ctx).labels({"limit": str(limit), "cursor": cursor}))


TOOLS: tuple[tuple[Callable[..., Awaitable[Found]], ToolAnnotations], ...] = (
    (find_tasks, READS),
    (get_task, READS),
    (list_projects, READS),
    (list_labels, READS),
    (add_task, ADDS),
    (create_task, ADDS),
    (update_task, CHANGES),
    (delete_task, CHANGES),
    (complete_task, SETTLES),
    (reopen_task, SETTLES),
    (restore_task, SETTLES),
)


def add_tools(server: MCPServer) -> None:
    for tool, annotations in TOOLS:
        server.add_tool(tool, annotations=annotations)


def _tasks(ctx: Asked) -> TaskClient:
    """In the name of who asks; a call that comes again, with the key it had, changes nothing twice."""
    request = ctx.request_context.request
    assert request, "tools are called over HTTP only"
    user: Principal = request.state.principal
    key = request.headers.get(idempotency.HEADER) or new_id()
    return TaskClient(
        request.app.state.sidecar, user, str(uuid5(NAMESPACE_URL, f"{user.user_id}/agent/{key}"))
    )


def _given(fields: TaskFields) -> dict[str, Any]:
    return fields.model_dump(exclude_unset=True)


async def _told(call: Awaitable[T]) -> T:
    try:
        return await call
    except Invalid as error:
        wrong = [f"{problem.pointer}: {problem.detail}" for problem in error.errors]
        raise ToolError("; ".join(wrong) or error.detail) from error
    except ServiceError as error:
        raise ToolError(error.detail) from error
