"""What each command does: the use case of the route of the same name."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from servicekit.errors import PreconditionFailed
from servicekit.web.preconditions import format_etag
from task_service.batch.schemas import Command
from task_service.labels import use_cases as labels
from task_service.labels.schemas import LabelCreate, LabelPatch, LabelRead
from task_service.models import Label, Project, SavedFilter, Task
from task_service.named_resources import use_cases as named
from task_service.projects import use_cases as projects
from task_service.projects.schemas import ProjectCreate, ProjectPatch, ProjectRead
from task_service.quickadd.schemas import TaskDraft
from task_service.saved_filters import use_cases as filters
from task_service.saved_filters.schemas import FilterCreate, FilterPatch, FilterRead
from task_service.tasks import manual_order, use_cases
from task_service.tasks.schemas import Move, TaskPatch, TaskRead
from task_service.unit_of_work.unit import UnitOfWork

Thing = Task | Project | Label | SavedFilter


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of thing is read, changed and shown by."""

    read: type[BaseModel]
    create: Callable[..., Awaitable[Any]]
    update: Callable[..., Awaitable[Any]]
    delete: Callable[..., Awaitable[None]]
    read_one: Callable[..., Awaitable[Any]]


async def _read_project(unit: UnitOfWork, id: str, *, trashed: bool = False) -> Project:
    return await named.read_resource(unit.projects, id, trashed=trashed)


async def _read_filter(unit: UnitOfWork, id: str, **_: bool) -> SavedFilter:
    return await named.read_resource(unit.filters, id)


async def _read_label(unit: UnitOfWork, id: str, **_: bool) -> Label:
    return await named.read_resource(unit.labels, id)


KINDS: Mapping[str, Kind] = {
    "task": Kind(
        TaskRead,
        create=use_cases.create_from_draft,
        update=use_cases.update,
        delete=use_cases.delete,
        read_one=use_cases.lock_task,
    ),
    "project": Kind(
        ProjectRead,
        create=projects.create_project,
        update=projects.update_project,
        delete=projects.delete_project,
        read_one=_read_project,
    ),
    "label": Kind(
        LabelRead,
        create=labels.create_label,
        update=labels.update_label,
        delete=labels.delete_label,
        read_one=_read_label,
    ),
    "filter": Kind(
        FilterRead,
        create=filters.create_filter,
        update=filters.update_filter,
        delete=filters.delete_filter,
        read_one=_read_filter,
    ),
}
BODIES: Mapping[str, type[BaseModel]] = {
    "task.create": TaskDraft,
    "task.update": TaskPatch,
    "task.move": Move,
    "project.create": ProjectCreate,
    "project.update": ProjectPatch,
    "label.create": LabelCreate,
    "label.update": LabelPatch,
    "filter.create": FilterCreate,
    "filter.update": FilterPatch,
}
"""Command type → what its body is parsed as; the others have none. The OpenAPI document has it, too."""
_VERBS: Mapping[str, Callable[..., Awaitable[Any]]] = {
    "task.move": manual_order.move_task,
    "task.complete": use_cases.complete,
    "task.reopen": use_cases.reopen,
    "task.restore": use_cases.restore,
    "project.restore": projects.restore_project,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """HTTP status, and the thing as it is now unless it is gone."""

    status: int
    id: str
    shown: BaseModel | None = None


async def run_command(unit: UnitOfWork, command: Command, id: str, body: dict[str, Any]) -> Outcome:
    """Do it. Raises `ServiceError`, or pydantic's `ValidationError` for a wrong body."""
    name, _, verb = command.type.partition(".")
    kind = KINDS[name]
    if verb == "create":
        made = await kind.create(unit, BODIES[command.type].model_validate(body))
        await unit.flush()
        return Outcome(201, made.id, kind.read.model_validate(made))
    thing = await kind.read_one(unit, id, trashed=verb == "restore")
    _require_version(command, kind, thing)
    if verb == "delete":
        await kind.delete(unit, thing)
        await unit.flush()
        return Outcome(204, id)
    change = kind.update if verb == "update" else _VERBS[command.type]
    parsed = [BODIES[command.type].model_validate(body)] if command.type in BODIES else []
    await change(unit, thing, *parsed)
    await unit.flush()
    return Outcome(200, id, kind.read.model_validate(thing))


def _require_version(command: Command, kind: Kind, thing: Thing) -> None:
    if command.version is not None and command.version != thing.version:
        raise PreconditionFailed(kind.read.model_validate(thing), format_etag(thing.version))
