"""The tools agents have: each is a call of the task service, in the name of whose token they bring.

What they may do is decided there, scope by scope; what it refuses is reported to the agent in its own words.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field
from starlette.requests import Request

from chat_service.mcp.arguments import (
    TASK_FIELDS,
    Clearable,
    Cursor,
    DueDate,
    DueTime,
    Id,
    Labels,
    Limit,
    Notes,
    ParentId,
    Priority,
    ProjectId,
    Recurrence,
    Reminder,
    TimeZone,
    Title,
)
from chat_service.mcp.server import ToolServer
from chat_service.task_client import PAGE, TaskClient
from servicekit.errors import Invalid, ServiceError

JsonObject = dict[str, Any]
"""What a tool answers: what the task service did. Its type is part of the tool's schema, so it stays open."""
ToolContext = Context[Any, Request]

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
CHANGES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)
SETS_STATE = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

DEFAULT_LIMIT = 50
MARKS = "todo"
"""Whose signs agents are told of, whichever the user of the token prefers."""
_STRING = re.compile(r'"[^"]*"')
_OF_DONE = re.compile(r"\b(?:done|completed)\b")


async def find_tasks(
    ctx: ToolContext,
    filter: Annotated[
        str | None, Field(max_length=4000, description="such as `due <= today and priority >= 3`")
    ] = None,
    text: Annotated[str | None, Field(max_length=500, description="words in title, labels or notes")] = None,
    sort: Annotated[str | None, Field(max_length=200, description="such as `-priority,due,created`")] = None,
    include_done: Annotated[bool | None, Field(description="tasks that are done as well")] = None,
    limit: Limit | None = None,
    cursor: Cursor | None = None,
) -> JsonObject:
    """Find open tasks; with include_done, or a filter that speaks of done or completed, all of them.

    Fields of a filter: done priority due label project title notes created updated completed recurring
    overdue parent; operators: = != < <= > >= ~ in, `and`, `or`, `not`, brackets; dates: 2026-01-31, now,
    today, tomorrow, yesterday, today+3d, today-1w; strings in double quotes.
    """
    query = {
        "filter": (filter or "") if include_done else exclude_done(filter or ""),
        "q": text or "",
        "sort": sort or "",
        "cursor": cursor or "",
        "limit": str(limit or DEFAULT_LIMIT),
    }
    return await _report_errors(_task_client(ctx).list_tasks(query))


async def get_task(ctx: ToolContext, id: Id) -> JsonObject:
    """One task with all its fields."""
    return await _report_errors(_task_client(ctx).read_task(id))


async def add_task(
    ctx: ToolContext,
    text: Annotated[str, Field(max_length=1000, description="such as `Pay rent tomorrow 9am !3`")],
) -> JsonObject:
    """Add a task in words, as a person would write it.

    Understood are #label, +project, !0 to !4 (priority), dates and times in words, `every weekday`, and
    `remind 30 min before`. A text that is wholly in double quotes is the title as it stands.
    """
    return await _report_errors(_task_client(ctx).quick_add(text, MARKS))


async def create_task(
    ctx: ToolContext,
    title: Annotated[str, Field(min_length=1, max_length=500)],
    notes: Notes = None,
    priority: Priority = None,
    labels: Labels = None,
    project_id: ProjectId = None,
    parent_id: ParentId = None,
    due_date: DueDate = None,
    due_time: DueTime = None,
    time_zone: TimeZone = None,
    recurrence: Recurrence | None = None,
    reminders: list[Reminder] | None = None,
) -> JsonObject:
    """Add a task from its fields. What is left out or null is not set."""
    given = task_fields(locals())
    return await _report_errors(_task_client(ctx).create_task(given))


async def update_task(
    ctx: ToolContext,
    id: Id,
    title: Title = None,
    notes: Notes = None,
    priority: Priority = None,
    labels: Labels = None,
    project_id: ProjectId = None,
    parent_id: ParentId = None,
    due_date: DueDate = None,
    due_time: DueTime = None,
    time_zone: TimeZone = None,
    recurrence: Recurrence | None = None,
    reminders: list[Reminder] | None = None,
    clear: Annotated[list[Clearable] | None, Field(description="fields to empty")] = None,
) -> JsonObject:
    """Change a task. What is left out or null stays as it is; to empty fields, name them in `clear`."""
    changes = task_fields(locals())
    both = sorted(changes.keys() & set(clear or ()))
    if both:
        raise ToolError(f"/clear: {', '.join(both)} can't be set and cleared at once")
    changes |= dict.fromkeys(clear or ())
    if not changes:
        return await _report_errors(_task_client(ctx).read_task(id))
    return await _report_errors(_task_client(ctx).update_task(id, changes))


async def complete_task(ctx: ToolContext, id: Id) -> JsonObject:
    """Tick a task off. One that recurs goes on to its next date."""
    return await _report_errors(_task_client(ctx).complete_task(id))


async def reopen_task(ctx: ToolContext, id: Id) -> JsonObject:
    """Make a task that is done open again."""
    return await _report_errors(_task_client(ctx).reopen_task(id))


async def delete_task(ctx: ToolContext, id: Id) -> JsonObject:
    """Put a task into the trash, with its subtasks. `restore_task` takes it out again."""
    return await _report_errors(_delete_task(_task_client(ctx), id))


async def _delete_task(tasks: TaskClient, id: str) -> JsonObject:
    await tasks.delete_task(id)
    return {"id": id, "deleted": True}


async def restore_task(ctx: ToolContext, id: Id) -> JsonObject:
    """Take a task out of the trash."""
    return await _report_errors(_task_client(ctx).restore_task(id))


async def list_projects(
    ctx: ToolContext, limit: Limit | None = None, cursor: Cursor | None = None
) -> JsonObject:
    """The projects tasks can be in."""
    return await _report_errors(_task_client(ctx).list_projects(_page_query(limit, cursor)))


async def list_labels(
    ctx: ToolContext, limit: Limit | None = None, cursor: Cursor | None = None
) -> JsonObject:
    """The labels there are."""
    return await _report_errors(_task_client(ctx).list_labels(_page_query(limit, cursor)))


TOOLS: tuple[tuple[Callable[..., Awaitable[JsonObject]], ToolAnnotations], ...] = (
    (find_tasks, READS),
    (get_task, READS),
    (list_projects, READS),
    (list_labels, READS),
    (add_task, ADDS),
    (create_task, ADDS),
    (update_task, CHANGES),
    (delete_task, CHANGES),
    (complete_task, SETS_STATE),
    (reopen_task, SETS_STATE),
    (restore_task, SETS_STATE),
)


def register_tools(server: ToolServer) -> None:
    for tool, annotations in TOOLS:
        server.add_tool(tool, annotations=annotations)


def _task_client(ctx: ToolContext) -> TaskClient:
    """The client the route has made for this request; one request calls one tool."""
    request = ctx.request_context.request
    assert request, "tools are called over HTTP only"
    client: TaskClient = request.state.task_client
    return client


def _page_query(limit: int | None, cursor: str | None) -> dict[str, str]:
    return {"limit": str(limit or PAGE), "cursor": cursor or ""}


def task_fields(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Of the arguments of a tool, the fields of a task that say something, as JSON; null says nothing."""
    given = {name: value for name, value in arguments.items() if value is not None}
    return {name: _as_json(given[name]) for name in TASK_FIELDS if name in given}


def _as_json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_none=True)
    return [_as_json(each) for each in value] if isinstance(value, list) else value


def exclude_done(filter: str) -> str:
    """The filter, for open tasks only unless it speaks of what is done itself."""
    if not filter.strip():
        return "not done"
    words = _STRING.sub("", filter)
    return filter if _OF_DONE.search(words) else f"({filter}) and not done"


async def _report_errors(call: Awaitable[Mapping[str, object]]) -> JsonObject:
    try:
        return dict(await call)
    except Invalid as error:
        wrong = [f"{problem.pointer}: {problem.detail}" for problem in error.errors]
        raise ToolError("; ".join(wrong) or error.detail) from error
    except ServiceError as error:
        raise ToolError(error.detail) from error
