"""Tasks below tasks: what may lie where, and how much below is done."""

from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime

from sqlalchemy import ColumnElement

from task_service.errors import NoSuchParent
from task_service.fanout import use_cases as fanout
from task_service.fanout.models import FanOut, Kind
from task_service.hierarchy.rules import OF_TASKS
from task_service.models import Task
from task_service.unit_of_work.unit import UnitOfWork


async def check_parent(unit: UnitOfWork, id: str | None, parent_id: str) -> None:
    """Raise `NoSuchParent` or `TooDeep` if the task `id` (None for a new one) can't lie below `parent_id`."""
    parent = await unit.tasks.find_task(parent_id)
    if parent is None:
        raise NoSuchParent.field("/parent_id", NoSuchParent.title)
    await OF_TASKS.check_parent(unit.hierarchy, id, parent_id)


async def trash(
    unit: UnitOfWork, which: ColumnElement[bool], now: datetime, *, is_taken_back: bool = False
) -> None:
    """Move tasks to the trash, with everything below them; of many, the last ones after the request.

    is_taken_back: what has an id that is made from the occurrence before it comes back with that one.
    """
    ids = await unit.hierarchy.list_subtree(Task, which, None)
    details = {"when": now.isoformat(), "is_taken_back": is_taken_back}
    first = await fanout.defer_tasks(unit, Kind.TRASH, ids, details)
    going = await unit.tasks.find_tasks(first)
    await _trash_tasks(unit, going, now, now, is_taken_back=is_taken_back)


async def trash_more(unit: UnitOfWork, job: FanOut, tasks: Sequence[Task]) -> None:
    """Move these to the trash, too, unless what they lie in is no longer there since that moment."""
    when, now = datetime.fromisoformat(job.details["when"]), datetime.now(UTC)
    live = [task for task in tasks if task.deleted_at is None]
    trashed = await unit.tasks.find_trashed(*_find_containers(live))
    gone = {id for id, moment in trashed.items() if moment == when}
    going = []
    for task in live:
        if task.parent_id in gone or task.project_id in gone:
            going.append(task)
            gone.add(task.id)
    is_taken_back = job.details["is_taken_back"]
    await _trash_tasks(unit, going, when, now, is_taken_back=is_taken_back)


async def trash_along(unit: UnitOfWork, task: Task, when: datetime, now: datetime) -> None:
    """Move a task to the trash to what was taken back at that moment."""
    await _trash_tasks(unit, [task], when, now, is_taken_back=True)


async def find_new(unit: UnitOfWork, job: FanOut) -> Sequence[str]:
    """What was added, meanwhile, to what went to the trash."""
    return await unit.tasks.find_left_behind(datetime.fromisoformat(job.details["when"]))


async def untrash(unit: UnitOfWork, which: ColumnElement[bool], now: datetime, when: datetime) -> None:
    """Take tasks out of the trash, with everything below them that went there at the same moment `when`.

    What they lay in may be gone by now: then they lie at the top, or in no project. Of many, the last ones
    follow after the request.
    """
    ids = await unit.hierarchy.list_subtree(Task, which, when)
    first = await fanout.defer_tasks(unit, Kind.RESTORE, ids, {"when": when.isoformat()})
    coming = await unit.tasks.find_tasks(first)
    homeless = await _find_homeless(unit, coming)
    await _restore_tasks(unit, coming, homeless, now)


async def restore_more(unit: UnitOfWork, job: FanOut, tasks: Sequence[Task]) -> None:
    """Take these out of the trash, too; what they lie in may have been deleted again, then they go along."""
    when, now = datetime.fromisoformat(job.details["when"]), datetime.now(UTC)
    coming = [task for task in tasks if task.deleted_at == when]
    homeless = await _find_homeless(unit, coming)
    trashed = await unit.tasks.find_trashed(*_find_containers(coming))
    again = {id: moment for id, moment in trashed.items() if moment > job.created_at}
    await _restore_tasks(unit, coming, homeless - again.keys(), now)
    await unit.flush()
    for task in coming:
        moment = again.get(task.parent_id or "") or again.get(task.project_id or "")
        if moment:
            again[task.id] = moment
            await _trash_tasks(unit, [task], moment, now)


async def _trash_tasks(
    unit: UnitOfWork,
    tasks: Sequence[Task],
    when: datetime,
    now: datetime,
    *,
    is_taken_back: bool = False,
) -> None:
    for task in tasks:
        task.trash(when, now, is_taken_back=is_taken_back)
    await update_progress(unit, [task.parent_id for task in tasks], now)


async def _restore_tasks(unit: UnitOfWork, tasks: Sequence[Task], homeless: Set[str], now: datetime) -> None:
    for task in tasks:
        task.restore(homeless, now)
    await update_progress(unit, [task.parent_id for task in tasks], now)


async def update_progress(unit: UnitOfWork, parents: Iterable[str | None], now: datetime) -> None:
    """Bring the progress of these tasks up to date: it is part of them, so it makes a version of them."""
    for parent_id in sorted({id for id in parents if id}):
        parent = await unit.tasks.lock_task(parent_id)
        if parent is None or parent.deleted_at:
            continue
        done, total = await unit.tasks.count_subtasks(parent_id)
        parent.count_subtasks(done, total, now)


async def _find_homeless(unit: UnitOfWork, tasks: Sequence[Task]) -> set[str]:
    """Ids of parents and projects of these tasks that are in the trash or gone, and not among them."""
    parents, projects = _find_containers(tasks)
    there = await unit.tasks.find_present(parents, projects)
    return (parents | projects) - there


def _find_containers(tasks: Sequence[Task]) -> tuple[set[str], set[str]]:
    """Ids of the tasks, not of these, and of the projects that these lie in."""
    own = {task.id for task in tasks}
    parents = {task.parent_id for task in tasks if task.parent_id} - own
    return parents, {task.project_id for task in tasks if task.project_id}
