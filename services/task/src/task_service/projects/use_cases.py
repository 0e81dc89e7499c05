"""The rules of projects."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.folding import name_key
from servicekit.security.auth import Principal
from task_service.errors import NameTaken, NoSuchProject
from task_service.hierarchy.repository import subtrees
from task_service.hierarchy.rules import OF_PROJECTS
from task_service.models import Project
from task_service.named_resources import repository
from task_service.named_resources import use_cases as named
from task_service.projects import repository as project_repository
from task_service.projects.schemas import ProjectCreate, ProjectPatch
from task_service.tasks import repository as task_repository
from task_service.tasks import subtree as tree


async def create(session: AsyncSession, user: Principal, draft: ProjectCreate) -> Project:
    """Add a project. Raises `Invalid` or `NameTaken`."""
    await task_repository.lock_user(session, user.user_id)
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
    project.update(asked, datetime.now(UTC))
    return project


async def delete(session: AsyncSession, user: Principal, project: Project) -> None:
    """Move a project to the trash, with the projects inside it and all their tasks."""
    now = datetime.now(UTC)
    family = await _family(session, user, project, None)
    await tree.trash(session, user, task_repository.lies_in([each.id for each in family]), now)
    for each in family:
        each.trash(now)


async def restore(session: AsyncSession, user: Principal, project: Project) -> Project:
    """Take a project out of the trash, with everything that went there with it."""
    when = project.deleted_at
    if when is None:
        return project
    if project.parent_id and await _gone(session, user, project.parent_id):
        project.update({"parent_id": None}, datetime.now(UTC))
    await _check_name(session, user, project, project.name, project.parent_id)
    family = await _family(session, user, project, when)
    for each in family:
        each.restore(datetime.now(UTC))
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
) -> Sequence[Project]:
    """`project` and what lies inside it, and was put into the trash with it if it is there."""
    ids = await subtrees(
        session, Project, user.user_id, project_repository.is_project(project.id), deleted_at
    )
    return await project_repository.by_ids(session, user.user_id, ids)


async def _check_parent(
    session: AsyncSession, user: Principal, project: Project | None, parent_id: str
) -> None:
    if await _gone(session, user, parent_id):
        raise NoSuchProject.field("/parent_id", NoSuchProject.title)
    await OF_PROJECTS.check_parent(session, user.user_id, project.id if project else None, parent_id)


async def _check_name(
    session: AsyncSession, user: Principal, project: Project | None, name: str, parent_id: str | None
) -> None:
    for other in await repository.by_key(session, Project, user.user_id, [name_key(name)]):
        if other is not project and other.parent_id == parent_id:
            raise NameTaken(f"There is a project “{other.name}” in the same place.")
