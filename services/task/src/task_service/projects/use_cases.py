"""The rules of projects."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from contracts.folding import name_key
from task_service.errors import NameTaken, NoSuchProject
from task_service.hierarchy.rules import OF_PROJECTS
from task_service.models import Project
from task_service.named_resources import use_cases as named
from task_service.projects.repository import is_project
from task_service.projects.schemas import ProjectCreate, ProjectPatch
from task_service.tasks import subtree
from task_service.tasks.repository import lies_in
from task_service.unit_of_work.unit import UnitOfWork


async def create_project(unit: UnitOfWork, draft: ProjectCreate) -> Project:
    """Add a project. Raises `Invalid` or `NameTaken`."""
    values = draft.model_dump()
    if draft.parent_id:
        await _check_parent(unit, None, draft.parent_id)
    await _check_name(unit, None, draft.name, draft.parent_id)
    return named.add_resource(unit, Project, values)


async def update_project(unit: UnitOfWork, project: Project, patch: ProjectPatch) -> Project:
    """Change what `patch` names. Raises `Invalid` or `NameTaken`."""
    requested: dict[str, Any] = patch.model_dump(exclude_unset=True)
    if requested.get("parent_id"):
        await _check_parent(unit, project, requested["parent_id"])
    if {"name", "parent_id"} & requested.keys():
        name, parent_id = requested.get("name", project.name), requested.get("parent_id", project.parent_id)
        await _check_name(unit, project, name, parent_id)
    project.update(requested, datetime.now(UTC))
    return project


async def delete_project(unit: UnitOfWork, project: Project) -> None:
    """Move a project to the trash, with the projects inside it and all their tasks."""
    now = datetime.now(UTC)
    family = await _list_family(unit, project, None)
    await subtree.trash(unit, lies_in([each.id for each in family]), now)
    for each in family:
        each.trash(now)


async def restore_project(unit: UnitOfWork, project: Project) -> Project:
    """Take a project out of the trash, with everything that went there with it."""
    when = project.deleted_at
    if when is None:
        return project
    if project.parent_id and await _is_gone(unit, project.parent_id):
        project.update({"parent_id": None}, datetime.now(UTC))
    await _check_name(unit, project, project.name, project.parent_id)
    family = await _list_family(unit, project, when)
    for each in family:
        each.restore(datetime.now(UTC))
    inside = lies_in([each.id for each in family])
    await subtree.untrash(unit, inside, datetime.now(UTC), when)
    return project


async def check_project(unit: UnitOfWork, id: str) -> None:
    """Raise `NoSuchProject` if a task can't lie in the project `id`."""
    if await _is_gone(unit, id):
        raise NoSuchProject.field("/project_id", NoSuchProject.title)


async def _is_gone(unit: UnitOfWork, id: str) -> bool:
    found = await unit.projects.find_by_id(id)
    return found is None or found.deleted_at is not None


async def _list_family(unit: UnitOfWork, project: Project, deleted_at: datetime | None) -> Sequence[Project]:
    """`project` and what lies inside it, and was put into the trash with it if it is there."""
    ids = await unit.hierarchy.list_subtree(Project, is_project(project.id), deleted_at)
    return await unit.projects.find_by_ids(ids)


async def _check_parent(unit: UnitOfWork, project: Project | None, parent_id: str) -> None:
    if await _is_gone(unit, parent_id):
        raise NoSuchProject.field("/parent_id", NoSuchProject.title)
    await OF_PROJECTS.check_parent(unit.hierarchy, project.id if project else None, parent_id)


async def _check_name(unit: UnitOfWork, project: Project | None, name: str, parent_id: str | None) -> None:
    for other in await unit.projects.find_by_keys([name_key(name)]):
        if other is not project and other.parent_id == parent_id:
            raise NameTaken(f"A project with this name already exists here: “{other.name}”.")
