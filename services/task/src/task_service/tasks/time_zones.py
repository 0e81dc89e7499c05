"""Users move: what floats is due at another instant then."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from task_service.fanout import use_cases as fanout
from task_service.fanout.models import FanOut, Kind
from task_service.models import Task
from task_service.tasks import repository
from task_service.unit_of_work.written import collect_early


async def follow(session: AsyncSession, user_id: str, zone: str) -> None:
    """Compute again when the tasks of a user are due who lives in the IANA zone `zone` now.

    A task with a time becomes a new version, as `due_at` is part of it; one with a date alone stays the
    same, only the end of its day is another instant. Of many, the last ones follow after the transaction.
    """
    await repository.lock_user(session, user_id)
    ids = await repository.following_the_user(session, user_id)
    first = await fanout.defer(session, user_id, Kind.ZONE, ids, {"zone": zone}, subject="zone")
    _place(await repository.these(session, user_id, first), zone)
    collect_early(session)


async def follow_more(_: AsyncSession, job: FanOut, tasks: Sequence[Task]) -> None:
    """Compute it again for these tasks, too."""
    _place(tasks, job.details["zone"])


def _place(tasks: Sequence[Task], zone: str) -> None:
    now = datetime.now(UTC)
    for task in tasks:
        task.follow_user(zone, now)
