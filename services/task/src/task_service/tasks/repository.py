"""Every query for the tasks of one owner."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, bindparam, cast, func, or_
from sqlmodel import SQLModel, col

from servicekit.persistence.ownership import ANY_OWNER, OwnedRepository
from servicekit.persistence.prepared_queries import PreparedQuery
from task_service.filtering.columns import TASK, select_columns
from task_service.models import Activity, Label, Project, SavedFilter, Task, TaskLabel, TaskText
from task_service.tasks.presenters import TASK_FIELDS

CONTENT: tuple[type[SQLModel], ...] = (Activity, TaskLabel, TaskText, Task, Label, Project, SavedFilter)
"""The tables with what a user has written."""

_IS_THERE = TASK.id == bindparam("id", type_=TASK.id.type), TASK.deleted_at.is_(None)
SHOWN = PreparedQuery(ANY_OWNER.select(*select_columns(TASK_FIELDS), of=TASK).where(*_IS_THERE))
"""A task as it is shown, unless it is in the trash: `id`, `user_id`."""
VERSION = PreparedQuery(ANY_OWNER.select(TASK.version, of=TASK).where(*_IS_THERE))
"""No more of it than its version."""


class TaskRepository(OwnedRepository):
    """The tasks of one owner."""

    async def find_task(self, id: str, *, trashed: bool = False) -> Task | None:
        """A task; what is in the trash only if `trashed`."""
        query = self.select(Task).where(col(Task.id) == id)
        if not trashed:
            query = query.where(col(Task.deleted_at).is_(None))
        return (await self.session.scalars(query)).first()

    async def lock_task(self, id: str) -> Task | None:
        """A task, in the trash or not, locked until the transaction ends."""
        query = self.select(Task).where(col(Task.id) == id)
        return (await self.session.scalars(query.with_for_update())).first()

    async def find_tasks(self, ids: Sequence[str]) -> Sequence[Task]:
        """Those of these tasks that there are, the trash included, in the order of their ids in `ids`.

        What the transaction has read is not read again: it holds the lock of its user.
        """
        found = {id: task for id in ids if (task := self.find_loaded(Task, id))}
        if missing := [id for id in ids if id not in found]:
            query = self.select(Task).where(col(Task.id).in_(missing))
            found |= {task.id: task for task in await self.session.scalars(query)}
        return [found[id] for id in ids if id in found]

    async def find_left_behind(self, when: datetime) -> Sequence[str]:
        """Ids of tasks outside the trash whose project, or task above, was put there at that moment."""
        above = self.select(col(Task.id), of=Task).where(col(Task.deleted_at) == when)
        projects = self.select(col(Project.id), of=Project).where(col(Project.deleted_at) == when)
        is_inside = or_(col(Task.parent_id).in_(above), col(Task.project_id).in_(projects))
        query = self.select(col(Task.id), of=Task).where(col(Task.deleted_at).is_(None), is_inside)
        return (await self.session.scalars(query)).all()

    async def find_floating(self) -> Sequence[str]:
        """Ids of tasks whose date, or whose time on the wall, is one wherever their user is; the trash
        included."""
        floats = or_(col(Task.due_time).is_(None), col(Task.time_zone).is_(None))
        query = self.select(col(Task.id), of=Task).where(col(Task.due_date).is_not(None), floats)
        return (await self.session.scalars(query.order_by(col(Task.due_date), col(Task.id)))).all()

    async def find_trashed(self, tasks: Collection[str], projects: Collection[str]) -> dict[str, datetime]:
        """Which of these tasks and projects are in the trash, and since when."""
        found: dict[str, datetime] = {}
        for model, ids in ((Task, tasks), (Project, projects)):
            if ids:
                query = self.select(col(model.id), col(model.deleted_at), of=model).where(
                    col(model.id).in_(ids), col(model.deleted_at).is_not(None)
                )
                found |= {id: when for id, when in await self.session.execute(query) if when}
        return found

    async def find_present(self, tasks: Collection[str], projects: Collection[str]) -> set[str]:
        """Which of these tasks and projects are there and not in the trash."""
        found: set[str] = set()
        for model, ids in ((Task, tasks), (Project, projects)):
            if ids:
                query = self.select(col(model.id), of=model).where(
                    col(model.id).in_(ids), col(model.deleted_at).is_(None)
                )
                found.update(await self.session.scalars(query))
        return found

    async def count_subtasks(self, parent_id: str) -> tuple[int, int]:
        """How many subtasks directly below a task are done, and how many there are."""
        done = func.coalesce(func.sum(cast(col(Task.done), Integer)), 0)
        query = self.select(done, func.count(), of=Task).where(
            col(Task.parent_id) == parent_id, col(Task.deleted_at).is_(None)
        )
        row = (await self.session.execute(query)).one()
        return int(row[0]), int(row[1])

    async def find_next_position(self, after: str, *, moved: str) -> str | None:
        """The first position of a task other than `moved` after position `after`."""
        query = self.select(func.min(col(Task.position)), of=Task)
        found: str | None = await self.session.scalar(
            query.where(_is_other(moved), col(Task.position) > after)
        )
        return found

    async def find_previous_position(self, before: str, *, moved: str) -> str | None:
        """The last position of a task other than `moved` before `before`."""
        query = self.select(func.max(col(Task.position)), of=Task)
        found: str | None = await self.session.scalar(
            query.where(_is_other(moved), col(Task.position) < before)
        )
        return found

    async def has_position(self, position: str, *, moved: str) -> bool:
        query = self.select(col(Task.id), of=Task).where(_is_other(moved), col(Task.position) == position)
        return (await self.session.scalar(query.limit(1))) is not None

    async def list_activity(self, task_id: str, before: str | None, limit: int) -> Sequence[Activity]:
        """What happened to a task, the latest first, before the entry `before`."""
        query = self.select(Activity).where(col(Activity.task_id) == task_id)
        if before:
            query = query.where(col(Activity.id) < before)
        return (await self.session.scalars(query.order_by(col(Activity.id).desc()).limit(limit))).all()

    async def erase_content(self) -> None:
        """Drop all that the owner has written."""
        for model in CONTENT:
            await self.session.execute(self.delete(model))


def is_task(id: str) -> ColumnElement[bool]:
    return col(Task.id) == id


def lies_below(id: str) -> ColumnElement[bool]:
    return col(Task.parent_id) == id


def lies_in(projects: Collection[str]) -> ColumnElement[bool]:
    return col(Task.project_id).in_(projects)


def _is_other(moved: str) -> ColumnElement[bool]:
    return col(Task.id) != moved
