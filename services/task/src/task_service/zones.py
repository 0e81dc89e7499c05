"""Users move: what floats is due at another instant then."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from task_service import due, events, repository
from task_service.history import tell


async def follow(session: AsyncSession, user_id: str, zone: str) -> None:
    """Compute again when the tasks of a user are due who lives in the IANA zone `zone` now.

    A task with a time becomes a new version, as `due_at` is part of it; one with a date alone stays the
    same, only the end of its day is another instant.
    """
    await repository.take_turn(session, user_id)
    now = datetime.now(UTC)
    for task in await repository.following_the_user(session, user_id):
        before = task.due_at
        due.place(task, zone)
        if task.due_at != before:
            task.version, task.updated_at = task.version + 1, now
            tell(session, task, events.updated(task, ["due_at"]))
