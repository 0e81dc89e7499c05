"""Users move: what floats is due at another instant then."""

from collections.abc import Sequence
from datetime import UTC, datetime

from task_service.fanout import use_cases as fanout
from task_service.fanout.models import FanOut, Kind
from task_service.models import Task
from task_service.unit_of_work.unit import UnitOfWork


async def follow_user(unit: UnitOfWork, zone: str) -> None:
    """Compute again when the tasks of a user are due who lives in the IANA zone `zone` now.

    A task with a time becomes a new version, as `due_at` is part of it; one with a date alone stays the
    same, only the end of its day is another instant. Of many, the last ones follow after the transaction.
    """
    ids = await unit.tasks.find_floating()
    first = await fanout.defer_tasks(unit, Kind.ZONE, ids, {"zone": zone}, subject="zone")
    _place_tasks(await unit.tasks.find_tasks(first), zone)


async def follow_more(_: UnitOfWork, job: FanOut, tasks: Sequence[Task]) -> None:
    """Compute it again for these tasks, too."""
    _place_tasks(tasks, job.details["zone"])


def _place_tasks(tasks: Sequence[Task], zone: str) -> None:
    now = datetime.now(UTC)
    for task in tasks:
        task.follow_user(zone, now)
