"""Queries for projects alone."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from task_service.models import Project


def is_project(id: str) -> ColumnElement[bool]:
    return col(Project.id) == id


async def by_ids(session: AsyncSession, user_id: str, ids: Collection[str]) -> Sequence[Project]:
    """Those of these projects that there are, the trash included."""
    query = select(Project).where(col(Project.user_id) == user_id, col(Project.id).in_(ids))
    return (await session.scalars(query)).all()
