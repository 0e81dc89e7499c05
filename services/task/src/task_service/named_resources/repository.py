"""Queries that projects, labels and saved filters share."""

from collections.abc import Collection, Sequence
from typing import ClassVar, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlmodel import col

from servicekit.persistence.ownership import OwnedRepository
from task_service.models import Label, Project, SavedFilter

Named = TypeVar("Named", Project, Label, SavedFilter)


class NamedResourceRepository(OwnedRepository, Generic[Named]):
    """The resources of one kind, of one owner."""

    model: ClassVar[type[Project] | type[Label] | type[SavedFilter]]

    async def list_page(
        self, after: tuple[str, str] | None, limit: int, *, trashed: bool = False
    ) -> Sequence[Named]:
        """In their manual order, after the one with that position and id."""
        query = self._select(trashed=trashed)
        place = col(self.model.position), col(self.model.id)
        if after:
            query = query.where(tuple_(*place) > after)
        return (await self.session.scalars(query.order_by(*place).limit(limit))).all()

    async def find_by_id(self, id: str) -> Named | None:
        """Also what is in the trash."""
        query = self.select(self.model, of=self.model).where(col(self.model.id) == id)
        return (await self.session.scalars(query)).first()

    async def find_by_keys(self, keys: Collection[str]) -> Sequence[Named]:
        """Those whose names have one of these keys, oldest first, the trash left out."""
        query = self._select(trashed=False).where(col(self.model.key).in_(keys))
        return (await self.session.scalars(query.order_by(col(self.model.id)))).all()

    def _select(self, *, trashed: bool) -> Select[Named]:
        """What lies in the trash, or all the rest; only projects have one."""
        query = self.select(self.model, of=self.model)
        if self.model is not Project:
            return query
        deleted = col(Project.deleted_at)
        return query.where(deleted.is_not(None) if trashed else deleted.is_(None))
