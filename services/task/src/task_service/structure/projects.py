"""The rules of projects."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.folding import name_key
from servicekit.security.auth import Principal
from task_service import levels, tree
from task_service import repository as task_repository
from task_service.errors import NameTaken, NoSuchProject, TooDeep
from task_service.models import Project
from task_service.structure import named, repository
from task_service.structure.schemas import ProjectCreate, ProjectPatch


async def create(session: AsyncSession, user: Principal, draft: ProjectCreate) -> Project:
    """Add a project. Raises `Invalid` or `NameTaken`."""
    await task_repository.take_turn(session, user.user_id)
    values = draft.model_dump()
    if draft.parent_id:
        await _check_parent(session, user, None, draft.parent_id)
    await _check_name(session, user, None, draft.name, draft.parent_id)
    return named.add(session, user, Project, values)


async def update(session: AsyncSession, user: Principal, project: Project, patch: ProjectPatch) -> Project:
    """Change what `patch` names. Raises `Invalid` or `NameTaken`."""
    asked: dict[str, Any] = patch.model_dump(exclude_unset=True)
    if asked.get("parent_id"):
        await _check_parent(session, user, project, asked["parent_id"])
    if {"name", "parent_id"} & asked.keys():
        name, parent_id = asked.get("name", project.name), asked.get("parent_id", project.parent_id)
        await _check_name(session, user, project, name, parent_id)
    named.change(session, project, asked)
    return project


async def delete(session: AsyncSession, user: Principal, project: Project) -> None:
    """Move a project to the trash, with the projects inside it and all their tasks."""
    now = datetime.now(UTC)
    family = await _family(session, user, project, None)
    await tree.trash(session, user, task_repository.lies_in([each.id for each in family]), now)
    for each in family:
        named.change(session, each, {"deleted_at": now})


async def restore(session: AsyncSession, user: Principal, project: Project) -> Project:
    """Take a project out of the trash, with everything that went there with it."""
    when = project.deleted_at
    if when is None:
        return project
    if project.parent_id and await _gone(session, user, project.parent_id):
        named.change(session, project, {"parent_id": None})
    await _check_name(session, user, project, project.name, project.parent_id)
    family = await _family(session, user, project, when)
    for each in family:
        named.change(session, each, {"deleted_at": None})
    inside = task_repository.lies_in([each.id for each in family])
    await tree.untrash(session, user, inside, datetime.now(UTC), when)
    return project


async def check_is_there(session: AsyncSession, user: Principal, id: str) -> None:
    """Raise `NoSuchProject` if a task can't lie in the project `id`."""
    if await _gone(session, user, id):
        raise NoSuchProject.field("/project_id", NoSuchProject.title)


async def _gone(session: AsyncSession, user: Principal, id: str) -> bool:
    found = await repository.by_id(session, Project, user.user_id, id)
    return found is None or found.deleted_at is not None


async def _family(
    session: AsyncSession, user: Principal, project: Project, deleted_at: datetime | None
) -> list[Project]:
    """`project` and what lies inside it, and was put into the trash with it if it is there."""
    found, level = {project.id: project}, [project.id]
    while level:
        children = await repository.inside(session, user.user_id, level, deleted_at)
        new = [each for each in children if each.id not in found]
        found |= {each.id: each for each in new}
        level = [each.id for each in new]
    return list(found.values())


async def _check_parent(
    session: AsyncSession, user: Principal, project: Project | None, parent_id: str
) -> None:
    if await _gone(session, user, parent_id):
        raise NoSuchProject.field("/parent_id", NoSuchProject.title)
    above = await repository.above(session, user.user_id, parent_id, levels.OF_PROJECTS + 1)
    if project and project.id in above:
        raise NoSuchProject.field("/parent_id", "A project can't lie inside itself.", code="parent-cycle")
    own = await _levels(session, user, project) if project else 1
    if len(above) + own > levels.OF_PROJECTS:
        raise TooDeep.field("/parent_id", f"Projects lie at most {levels.OF_PROJECTS} levels deep.")


async def _levels(session: AsyncSession, user: Principal, project: Project) -> int:
    level: Sequence[str] = [project.id]
    counted = 0
    while level and counted <= levels.OF_PROJECTS:
        counted += 1
        level = [each.id for each in await repository.inside(session, user.user_id, level, None)]
    return counted


async def _check_name(
    session: AsyncSession, user: Principal, project: Project | None, name: str, parent_id: str | None
) -> None:
    for other in await repository.by_key(session, Project, user.user_id, [name_key(name)]):
        if other is not project and other.parent_id == parent_id:
            raise NameTaken(f"There is a project “{other.name}” in the same place.")
