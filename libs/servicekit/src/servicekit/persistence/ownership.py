"""Row-level multi-tenancy: every statement about an owned table begins with whose rows it is about.

A table is owned if it has a column `user_id`. Repositories are made for one owner and begin their statements
with `select`, `update` and `delete` of this module, which bring the predicate; nobody writes it by hand
(decision 39).
"""

from typing import Any, TypeVar, overload

import sqlalchemy
from sqlalchemy import BindParameter, ColumnElement, Delete, Select, String, Update, bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.util import identity_key

Model = TypeVar("Model")


class OwnerScope:
    """Begins statements about the rows of one owner.

    `of` is what a statement reads or changes: a model, an alias of one, a table or its columns. Of what is
    joined, `owns` is the predicate.
    """

    def __init__(self, user_id: str | BindParameter[str]) -> None:
        self.user_id: Any = user_id

    def owns(self, of: Any) -> ColumnElement[bool]:
        """The predicate that a row of `of` belongs to the owner."""
        condition: ColumnElement[bool] = getattr(of, "c", of).user_id == self.user_id
        return condition

    @overload
    def select(self, model: type[Model], /) -> Select[Model]: ...
    @overload
    def select(self, *columns: Any, of: Any) -> Select[Any]: ...
    def select(self, *what: Any, of: Any = None) -> Select[Any]:
        """A query for the owner's rows of a model, or for columns of them."""
        return sqlalchemy.select(*what).where(self.owns(what[0] if of is None else of))

    def update(self, of: Any) -> Update:
        return sqlalchemy.update(of).where(self.owns(of))

    def delete(self, of: Any) -> Delete:
        return sqlalchemy.delete(of).where(self.owns(of))


ANY_OWNER = OwnerScope(bindparam("user_id", type_=String))
"""For statements made once: whose rows they are about is their parameter `user_id`."""


class OwnedRepository(OwnerScope):
    """Queries for the rows of one owner, in one session."""

    def __init__(self, session: AsyncSession, user_id: str) -> None:
        super().__init__(user_id)
        self.session = session

    async def find_own(self, model: type[Model]) -> Model | None:
        """The one row that the owner has in a table whose primary key is `user_id`."""
        return await self.session.get(model, self.user_id)

    def find_loaded(self, model: type[Model], id: str) -> Model | None:
        """A row of the owner that the session has read before; asks the database nothing."""
        found: Any = self.session.identity_map.get(identity_key(model, id))
        return found if found is not None and found.user_id == self.user_id else None
