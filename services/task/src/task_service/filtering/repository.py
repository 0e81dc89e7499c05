"""The one statement of a list, and the parts of filters that ask other tables."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from task_service.filtering.columns import LABEL, PROJECT, TASK, TEXT
from task_service.models import Task, TaskText

Matches = Callable[[ColumnElement[str]], ColumnElement[bool]]


def labelled(user_id: str, matches: Matches) -> Select[str]:
    """Ids of tasks with a label whose folded name matches."""
    ours = LABEL.user_id == user_id
    return select(LABEL.task_id).where(ours, matches(LABEL.key))


def projects(user_id: str, matches: Matches, ids: Sequence[str]) -> Select[str]:
    """Ids of projects whose folded name matches, or that have one of these ids."""
    ours = PROJECT.user_id == user_id
    named = matches(PROJECT.key)
    wanted = or_(named, PROJECT.id.in_(ids)) if ids else named
    return select(PROJECT.id).where(ours, wanted, PROJECT.deleted_at.is_(None))


def titled(user_id: str, matches: Matches) -> Select[str]:
    """Ids of tasks whose folded title matches."""
    ours = TEXT.user_id == user_id
    return select(TEXT.task_id).where(ours, matches(TEXT.title))


async def listed(
    session: AsyncSession,
    user_id: str,
    conditions: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[object]],
    limit: int,
    *,
    with_text: bool,
) -> Sequence[Task]:
    """Tasks of one user that meet all conditions; `with_text` lets them ask `TaskText`."""
    query = select(Task).where(TASK.user_id == user_id, *conditions)
    if with_text:
        same = and_(TEXT.user_id == TASK.user_id, TEXT.task_id == TASK.id)
        query = query.join(TaskText, same).where(TEXT.user_id == user_id)
    return (await session.scalars(query.order_by(*order).limit(limit))).all()
