"""Manual order: a task is put between two others, and nothing else moves."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.security.auth import Principal
from task_service.errors import NoSuchNeighbour
from task_service.fractional_index import between, first_of_all, last_of_all
from task_service.models import Task
from task_service.tasks import repository
from task_service.tasks.schemas import Move


async def move(session: AsyncSession, user: Principal, task: Task, where: Move) -> Task:
    """Put `task` right beside another of its user. Raises `NoSuchNeighbour`."""
    name = "before" if where.before else "after"
    id = where.before or where.after or ""
    neighbour = await repository.by_id(session, user.user_id, id)
    if neighbour is None:
        raise NoSuchNeighbour.field(f"/{name}", NoSuchNeighbour.title)
    if neighbour is task:
        return task
    find = _before if where.before else _behind
    position = await find(session, user, neighbour.position, task.id)
    task.move(position, datetime.now(UTC))
    return task


async def free(session: AsyncSession, user: Principal, position: str, *, id: str) -> str:
    """`position`, or right behind it if a task other than `id` has it."""
    taken = await repository.has_position(session, user.user_id, position, moved=id)
    return await _behind(session, user, position, id) if taken else position


async def _behind(session: AsyncSession, user: Principal, position: str, moved: str) -> str:
    following = await repository.next_position(session, user.user_id, position, moved=moved)
    if following:
        return between(position, following)
    last = last_of_all()
    return last if last > position else between(position, None)


async def _before(session: AsyncSession, user: Principal, position: str, moved: str) -> str:
    earlier = await repository.previous_position(session, user.user_id, position, moved=moved)
    if earlier:
        return between(earlier, position)
    first = first_of_all()
    return first if first < position else between("", position)
