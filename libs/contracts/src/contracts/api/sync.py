"""Sync, as the API has them; written by `make generate`."""

from typing import Any, Literal, NotRequired, TypedDict

from contracts.api.lists import FilterRead, LabelRead, ProjectRead
from contracts.api.problems import Problem
from contracts.api.tasks import TaskRead


class Command(TypedDict):
    uuid: str
    type: Literal[
        "task.create",
        "task.update",
        "task.complete",
        "task.reopen",
        "task.delete",
        "task.restore",
        "task.move",
        "project.create",
        "project.update",
        "project.delete",
        "project.restore",
        "label.create",
        "label.update",
        "label.delete",
        "filter.create",
        "filter.update",
        "filter.delete",
    ]
    id: NotRequired[str | None]
    temp_id: NotRequired[str | None]
    version: NotRequired[int | None]
    body: NotRequired[dict[str, Any]]


class BatchRequest(TypedDict):
    commands: list[Command]
    atomic: NotRequired[bool]


class CommandResult(TypedDict):
    uuid: str
    status: int
    id: NotRequired[str | None]
    result: NotRequired[TaskRead | ProjectRead | FilterRead | LabelRead | None]
    problem: NotRequired[Problem | None]
    replayed: NotRequired[bool]


class BatchResult(TypedDict):
    results: list[CommandResult]
    temp_ids: dict[str, str]


class ChangeRead(TypedDict):
    kind: Literal["task", "project", "label", "filter"]
    id: str
    deleted: bool
    task: NotRequired[TaskRead | None]
    project: NotRequired[ProjectRead | None]
    label: NotRequired[LabelRead | None]
    filter: NotRequired[FilterRead | None]


class Changes(TypedDict):
    items: list[ChangeRead]
    next_token: str
    has_more: bool
    full_sync: bool
