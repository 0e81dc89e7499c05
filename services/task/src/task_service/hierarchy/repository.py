"""Queries that walk a tree: adjacency lists, each walk one recursive common table expression."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select
from sqlmodel import col

from servicekit.persistence.ownership import OwnedRepository
from task_service.models import Project, Task

Node = type[Task] | type[Project]

DEEPEST = 20
"""Levels looked through: more than anything may lie deep, so that a circle would end."""


class HierarchyRepository(OwnedRepository):
    """The trees of one owner. `model` says which: of tasks or of projects."""

    async def list_subtree(
        self, model: Node, roots: ColumnElement[bool], deleted_at: datetime | None
    ) -> Sequence[str]:
        """Ids of the `roots` and of everything below them, what lies below after what it lies in.

        Not in the trash, or put there at that very moment.
        """
        when = col(model.deleted_at)
        is_meant = when.is_(None) if deleted_at is None else when == deleted_at
        start = self.select(col(model.id), literal(0).label("depth"), of=model).where(is_meant, roots)
        found = start.cte("found", recursive=True)
        child = self.select(col(model.id), found.c.depth + 1, of=model).where(
            is_meant, col(model.parent_id) == found.c.id, found.c.depth < DEEPEST
        )
        walk = found.union(child)
        query = self.select(col(model.id), of=model).join(walk, walk.c.id == col(model.id))
        query = query.group_by(col(model.id)).order_by(
            func.max(walk.c.depth), func.min(col(model.created_at)), col(model.id)
        )
        return (await self.session.scalars(query)).all()

    async def list_ancestors(self, model: Node, id: str, limit: int) -> Sequence[str]:
        """`id`, its parent and so on upwards, at most `limit` of them."""
        links = col(model.id), col(model.parent_id)
        start = self.select(*links, literal(1).label("height"), of=model).where(col(model.id) == id)
        above = start.cte("above", recursive=True)
        parent = self.select(*links, above.c.height + 1, of=model).where(
            col(model.id) == above.c.parent_id, above.c.height < limit
        )
        walk = above.union_all(parent)
        return (await self.session.scalars(select(walk.c.id).order_by(walk.c.height))).all()

    async def count_levels_below(self, model: Node, id: str, limit: int, *, trash_counts: bool) -> int:
        """How many levels there are below `id`, counted up to `limit`, with those in the trash or without."""
        start = self.select(col(model.id), literal(0).label("depth"), of=model).where(col(model.id) == id)
        below = start.cte("below", recursive=True)
        child = self.select(col(model.id), below.c.depth + 1, of=model).where(
            col(model.parent_id) == below.c.id, below.c.depth < limit
        )
        if not trash_counts:
            child = child.where(col(model.deleted_at).is_(None))
        walk = below.union_all(child)
        return (await self.session.scalar(select(func.max(walk.c.depth)))) or 0
