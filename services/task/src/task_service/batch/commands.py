"""What each command does: the use case of the route of the same name."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import PreconditionFailed
from servicekit.security.auth import Principal
from servicekit.web.preconditions import format_etag
from task_service.batch.schemas import Command
from task_service.labels import use_cases as labels
from task_service.labels.schemas import LabelCreate, LabelPatch, LabelRead
from task_service.models import Label, Project, SavedFilter, Task
from task_service.named_resources import use_cases as named
from task_service.projects import use_cases as projects
from task_service.projects.schemas import ProjectCreate, ProjectPatch, ProjectRead
from task_service.quickadd import use_cases as quick_add
from task_service.quickadd.schemas import TaskDraft
from task_service.saved_filters import use_cases as filters
from task_service.saved_filters.schemas import FilterCreate, FilterPatch, FilterRead
from task_service.tasks import manual_order as placing
from task_service.tasks import use_cases
from task_service.tasks.schemas import Move, TaskPatch, TaskRead

Thing = Task | Project | Label | SavedFilter


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of thing is locked, changed and shown by."""

    read: type[BaseModel]
    patch: type[BaseModel]
    draft: type[BaseModel]
    create: Callable[..., Awaitable[Any]]
    update: Callable[..., Awaitable[Any]]
    delete: Callable[..., Awaitable[None]]
    lock: Callable[..., Awaitable[Any]]


async def _lock_project(session: AsyncSession, user: Principal, id: str, *, trashed: bool = False) -> Project:
    return await named.lock(session, user, Project, id, trashed=trashed)


async def _lock_filter(session: AsyncSession, user: Principal, id: str, **_: bool) -> SavedFilter:
    return await named.lock(session, user, SavedFilter, id)


async def _delete_filter(session: AsyncSession, _: Principal, saved: SavedFilter) -> None:
    await filters.delete(session, saved)


async def _lock_label(session: AsyncSession, user: Principal, id: str, **_: bool) -> Label:
    return await named.lock(session, user, Label, id)


KINDS: Mapping[str, Kind] = {
    "task": Kind(
        TaskRead,
        TaskPatch,
        TaskDraft,
        quick_add.create_task,
        use_cases.update,
        use_cases.delete,
        use_cases.lock,
    ),
    "project": Kind(
        *(ProjectRead, ProjectPatch, ProjectCreate),
        create=projects.create,
        update=projects.update,
        delete=projects.delete,
        lock=_lock_project,
    ),
    "label": Kind(
        *(LabelRead, LabelPatch, LabelCreate),
        create=labels.create,
        update=labels.update,
        delete=labels.delete,
        lock=_lock_label,
    ),
    "filter": Kind(
        *(FilterRead, FilterPatch, FilterCreate),
        create=filters.create,
        update=filters.update,
        delete=_delete_filter,
        lock=_lock_filter,
    ),
}
_VERBS: Mapping[str, Callable[..., Awaitable[Any]]] = {
    "task.complete": use_cases.complete,
    "task.reopen": use_cases.reopen,
    "task.restore": use_cases.restore,
    "project.restore": projects.restore,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """HTTP status, and the thing as it is now unless it is gone."""

    status: int
    id: str
    shown: BaseModel | None = None


async def run(
    session: AsyncSession, user: Principal, command: Command, id: str, body: dict[str, Any]
) -> Outcome:
    """Do it. Raises `ServiceError`, or pydantic's `ValidationError` for a wrong body."""
    name, _, verb = command.type.partition(".")
    kind = KINDS[name]
    if verb == "create":
        made = await kind.create(session, user, kind.draft.model_validate(body))
        await session.flush()
        return Outcome(201, made.id, kind.read.model_validate(made))
    thing = await kind.lock(session, user, id, trashed=verb == "restore")
    _require_version(command, kind, thing)
    if verb == "delete":
        await kind.delete(session, user, thing)
        await session.flush()
        return Outcome(204, id)
    if verb == "update":
        await kind.update(session, user, thing, kind.patch.model_validate(body))
    elif verb == "move":
        await placing.move(session, user, thing, Move.model_validate(body))
    else:
        await _VERBS[command.type](session, user, thing)
    await session.flush()
    return Outcome(200, id, kind.read.model_validate(thing))


def _require_version(command: Command, kind: Kind, thing: Thing) -> None:
    if command.version is not None and command.version != thing.version:
        raise PreconditionFailed(kind.read.model_validate(thing), format_etag(thing.version))
