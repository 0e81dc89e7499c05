"""Sync, as the API has them; written by `make generate`."""

from typing import Literal, NotRequired, TypedDict

from contracts.api.lists import (
    FilterCreate,
    FilterPatch,
    FilterRead,
    LabelCreate,
    LabelPatch,
    LabelRead,
    ProjectCreate,
    ProjectPatch,
    ProjectRead,
)
from contracts.api.problems import Problem
from contracts.api.tasks import Move, TaskDraft, TaskPatch, TaskRead


class CreateTaskCommand(TypedDict):
    uuid: str
    type: Literal["task.create"]
    temp_id: NotRequired[str | None]
    body: TaskDraft


class UpdateTaskCommand(TypedDict):
    uuid: str
    type: Literal["task.update"]
    id: str
    version: NotRequired[int | None]
    body: TaskPatch


class CompleteTaskCommand(TypedDict):
    uuid: str
    type: Literal["task.complete"]
    id: str
    version: NotRequired[int | None]


class ReopenTaskCommand(TypedDict):
    uuid: str
    type: Literal["task.reopen"]
    id: str
    version: NotRequired[int | None]


class DeleteTaskCommand(TypedDict):
    uuid: str
    type: Literal["task.delete"]
    id: str
    version: NotRequired[int | None]


class RestoreTaskCommand(TypedDict):
    uuid: str
    type: Literal["task.restore"]
    id: str
    version: NotRequired[int | None]


class MoveTaskCommand(TypedDict):
    uuid: str
    type: Literal["task.move"]
    id: str
    version: NotRequired[int | None]
    body: Move


class CreateProjectCommand(TypedDict):
    uuid: str
    type: Literal["project.create"]
    temp_id: NotRequired[str | None]
    body: ProjectCreate


class UpdateProjectCommand(TypedDict):
    uuid: str
    type: Literal["project.update"]
    id: str
    version: NotRequired[int | None]
    body: ProjectPatch


class DeleteProjectCommand(TypedDict):
    uuid: str
    type: Literal["project.delete"]
    id: str
    version: NotRequired[int | None]


class RestoreProjectCommand(TypedDict):
    uuid: str
    type: Literal["project.restore"]
    id: str
    version: NotRequired[int | None]


class CreateLabelCommand(TypedDict):
    uuid: str
    type: Literal["label.create"]
    temp_id: NotRequired[str | None]
    body: LabelCreate


class UpdateLabelCommand(TypedDict):
    uuid: str
    type: Literal["label.update"]
    id: str
    version: NotRequired[int | None]
    body: LabelPatch


class DeleteLabelCommand(TypedDict):
    uuid: str
    type: Literal["label.delete"]
    id: str
    version: NotRequired[int | None]


class CreateFilterCommand(TypedDict):
    uuid: str
    type: Literal["filter.create"]
    temp_id: NotRequired[str | None]
    body: FilterCreate


class UpdateFilterCommand(TypedDict):
    uuid: str
    type: Literal["filter.update"]
    id: str
    version: NotRequired[int | None]
    body: FilterPatch


class DeleteFilterCommand(TypedDict):
    uuid: str
    type: Literal["filter.delete"]
    id: str
    version: NotRequired[int | None]


Command = (
    CreateTaskCommand
    | UpdateTaskCommand
    | CompleteTaskCommand
    | ReopenTaskCommand
    | DeleteTaskCommand
    | RestoreTaskCommand
    | MoveTaskCommand
    | CreateProjectCommand
    | UpdateProjectCommand
    | DeleteProjectCommand
    | RestoreProjectCommand
    | CreateLabelCommand
    | UpdateLabelCommand
    | DeleteLabelCommand
    | CreateFilterCommand
    | UpdateFilterCommand
    | DeleteFilterCommand
)


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
