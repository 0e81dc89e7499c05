"""Queries that walk a tree: adjacency lists, each walk one recursive common table expression."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from task_service.models import Project, Task

Node = type[Task] | type[Project]

DEEPEST = 20
"""Levels looked through: more than anything may lie deep, so that a circle would end."""


async def subtrees(
    session: AsyncSession,
    model: Node,
    user_id: str,
    roots: ColumnElement[bool],
    deleted_at: datetime | None,
) -> Sequence[str]:
    """Ids of the `roots` and of everything below them, what lies below after what it lies in.

    Not in the trash, or put there at that very moment.
    """
    is_meant = and_(
        col(model.user_id) == user_id,
        col(model.deleted_at).is_(None) if deleted_at is None else col(model.deleted_at) == deleted_at,
    )
    found = (
        select(col(model.id), literal(0).label("depth")).where(is_meant, roots).cte("found", recursive=True)
    )
    child = select(col(model.id), found.c.depth + 1).where(
        is_meant, col(model.parent_id) == found.c.id, found.c.depth < DEEPEST
    )
    walk = found.union(child)
    query = select(col(model.id)).join(walk, walk.c.id == col(model.id)).where(col(model.user_id) == user_id)
    query = query.group_by(col(model.id)).order_by(func.max(walk.c.depth), func.min(col(model.created_at)))
    return (await session.scalars(query.order_by(col(model.id)))).all()


async def ancestors(session: AsyncSession, model: Node, user_id: str, id: str, limit: int) -> Sequence[str]:
    """`id`, its parent and so on upwards, at most `limit` of them."""
    ours = col(model.user_id) == user_id
    start = select(col(model.id), col(model.parent_id), literal(1).label("height")).where(
        ours, col(model.id) == id
    )
    above = start.cte("above", recursive=True)
    parent = select(col(model.id), col(model.parent_id), above.c.height + 1).where(
        ours, col(model.id) == above.c.parent_id, above.c.height < limit
    )
    walk = above.union_all(parent)
    return (await session.scalars(select(walk.c.id).order_by(walk.c.height))).all()


async def depth_below(
    session: AsyncSession, model: Node, user_id: str, id: str, limit: int, *, trash_counts: bool
) -> int:
    """How many levels there are below `id`, counted up to `limit`; with those in the trash, or without."""
    ours = col(model.user_id) == user_id
    start = select(col(model.id), literal(0).label("depth")).where(ours, col(model.id) == id)
    below = start.cte("below", recursive=True)
    child = select(col(model.id), below.c.depth + 1).where(
        ours, col(model.parent_id) == below.c.id, below.c.depth < limit
    )
    if not trash_counts:
        child = child.where(col(model.deleted_at).is_(None))
    walk = below.union_all(child)
    return (await session.scalar(select(func.max(walk.c.depth)))) or 0
