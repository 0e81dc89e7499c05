"""Queries for the tasks that carry a label."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from contracts.folding import name_key
from task_service.models import Task, TaskLabel


async def tasks_to_relabel(
    session: AsyncSession, user_id: str, keys: Collection[str], name: str | None
) -> Sequence[str]:
    """Ids of tasks, the trash included, with a label of one of these keys that is not written `name`."""
    own = name_key(name) if name else None
    labelled = col(TaskLabel.user_id) == user_id, col(TaskLabel.key).in_(keys)
    query = select(col(TaskLabel.task_id)).where(*labelled, col(TaskLabel.key) != (own or ""))
    found = set((await session.scalars(query)).all())
    if own in keys:  # the same label, written in another way: what a task has is to be looked at
        query_both = (
            select(col(Task.id), col(Task.labels))
            .join(TaskLabel, col(TaskLabel.task_id) == col(Task.id))
            .where(*labelled, col(TaskLabel.key) == own)
        )
        rows = (await session.execute(query_both)).all()
        found |= {id for id, written in rows if name not in written}
    return sorted(found)
