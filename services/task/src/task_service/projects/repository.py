"""Queries for the projects of one owner."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement
from sqlmodel import col

from task_service.models import Project
from task_service.named_resources.repository import NamedResourceRepository


class ProjectRepository(NamedResourceRepository[Project]):
    """The projects of one owner."""

    model = Project

    async def find_by_ids(self, ids: Collection[str]) -> Sequence[Project]:
        """Those of these projects that there are, the trash included."""
        return (await self.session.scalars(self.select(Project).where(col(Project.id).in_(ids)))).all()


def is_project(id: str) -> ColumnElement[bool]:
    return col(Project.id) == id
