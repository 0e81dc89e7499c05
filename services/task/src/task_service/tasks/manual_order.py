"""Manual order: a task is put between two others, and nothing else moves."""

from datetime import UTC, datetime

from task_service.errors import NoSuchNeighbour
from task_service.fractional_index import between, first_of_all, last_of_all
from task_service.models import Task
from task_service.tasks.schemas import Move
from task_service.unit_of_work.unit import UnitOfWork


async def move_task(unit: UnitOfWork, task: Task, where: Move) -> Task:
    """Put `task` right beside another of its user. Raises `NoSuchNeighbour`."""
    name = "before" if where.before else "after"
    id = where.before or where.after or ""
    neighbour = await unit.tasks.find_task(id)
    if neighbour is None:
        raise NoSuchNeighbour.field(f"/{name}", NoSuchNeighbour.title)
    if neighbour is task:
        return task
    find = _position_before if where.before else _position_after
    position = await find(unit, neighbour.position, task.id)
    task.move(position, datetime.now(UTC))
    return task


async def find_free_position(unit: UnitOfWork, position: str, *, id: str) -> str:
    """`position`, or right after it if a task other than `id` has it."""
    taken = await unit.tasks.has_position(position, moved=id)
    return await _position_after(unit, position, id) if taken else position


async def _position_after(unit: UnitOfWork, position: str, moved: str) -> str:
    following = await unit.tasks.find_next_position(position, moved=moved)
    if following:
        return between(position, following)
    last = last_of_all()
    return last if last > position else between(position, None)


async def _position_before(unit: UnitOfWork, position: str, moved: str) -> str:
    earlier = await unit.tasks.find_previous_position(position, moved=moved)
    if earlier:
        return between(earlier, position)
    first = first_of_all()
    return first if first < position else between("", position)
