"""Tasks below tasks: what may lie where, and how much below is done."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.auth import Principal
from task_service import events, repository
from task_service.errors import NoSuchParent, TooDeep
from task_service.history import tell
from task_service.models import Task

MAX_LEVELS = 10
"""A task at the top is the first level."""
PROGRESS = ["subtasks_done", "subtasks_total"]


async def check_parent(session: AsyncSession, user: Principal, id: str | None, parent_id: str) -> None:
    """Raise `NoSuchParent` or `TooDeep` if the task `id` (None for a new one) can't lie below `parent_id`."""
    parent = await repository.by_id(session, user.user_id, parent_id)
    if parent is None:
        raise NoSuchParent.field("/parent_id", NoSuchParent.title)
    above = await repository.ancestors(session, user.user_id, parent_id, MAX_LEVELS + 1)
    if id in above:
        raise NoSuchParent.field(
            "/parent_id", "A task can't lie below itself or its own subtasks.", code="parent-cycle"
        )
    below = await repository.depth_below(session, user.user_id, id, MAX_LEVELS) if id else 0
    if len(above) + 1 + below > MAX_LEVELS:
        raise TooDeep.field("/parent_id", f"Tasks lie at most {MAX_LEVELS} levels deep.")


async def trash(
    session: AsyncSession, user: Principal, tasks: Sequence[Task], now: datetime
) -> Sequence[Task]:
    """Move tasks to the trash, with everything below them: all these."""
    going = await _with_below(session, user, tasks, None)
    for task in going:
        task.deleted_at = now
        _touch(task, now)
        tell(session, task, events.deleted(task))
    await count_below(session, user, [task.parent_id for task in going], now)
    return going


async def untrash(
    session: AsyncSession, user: Principal, tasks: Sequence[Task], now: datetime, when: datetime
) -> None:
    """Take tasks out of the trash, with everything below them that went there at the same moment `when`.

    What they lay in may be gone by now: then they lie at the top, or in no project.
    """
    coming = await _with_below(session, user, tasks, when)
    homeless = await _homeless(session, user, coming)
    for task in coming:
        task.deleted_at, task.taken_back = None, False
        task.parent_id = None if task.parent_id in homeless else task.parent_id
        task.project_id = None if task.project_id in homeless else task.project_id
        _touch(task, now)
        tell(session, task, events.restored(task))
    await count_below(session, user, [task.parent_id for task in coming], now)


async def count_below(
    session: AsyncSession, user: Principal, parents: Iterable[str | None], now: datetime
) -> None:
    """Bring the progress of these tasks up to date: it is part of them, so it makes a version of them."""
    for parent_id in sorted({id for id in parents if id}):
        parent = await repository.lock(session, user.user_id, parent_id)
        if parent is None or parent.deleted_at:
            continue
        done, total = await repository.progress(session, user.user_id, parent_id)
        if (done, total) == (parent.subtasks_done, parent.subtasks_total):
            continue
        parent.subtasks_done, parent.subtasks_total = done, total
        _touch(parent, now)
        tell(session, parent, events.updated(parent, PROGRESS))


async def _with_below(
    session: AsyncSession, user: Principal, tasks: Sequence[Task], deleted_at: datetime | None
) -> list[Task]:
    """These tasks and everything below them that is not in the trash, or was put there at `deleted_at`."""
    found = {task.id: task for task in tasks}
    level = list(found)
    while level:
        children = await repository.subtasks(session, user.user_id, level, deleted_at=deleted_at)
        new = [each for each in children if each.id not in found]
        found |= {each.id: each for each in new}
        level = [each.id for each in new]
    return list(found.values())


async def _homeless(session: AsyncSession, user: Principal, tasks: Sequence[Task]) -> set[str]:
    """Ids of parents and projects of these tasks that are in the trash or gone, and not among them."""
    own = {task.id for task in tasks}
    parents = {task.parent_id for task in tasks if task.parent_id} - own
    projects = {task.project_id for task in tasks if task.project_id}
    there = await repository.present(session, user.user_id, parents, projects)
    return (parents | projects) - there


def _touch(task: Task, now: datetime) -> None:
    task.version, task.updated_at = task.version + 1, now
