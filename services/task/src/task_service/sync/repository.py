"""Queries of the change log."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from servicekit.persistence.deferred_inserts import DeferredInsert
from servicekit.persistence.json_rows import json_rows, rows_of
from servicekit.persistence.ownership import OwnedRepository, OwnerScope
from task_service.models import DeletedUser
from task_service.sync.models import ChangeCounter, ChangeLogEntry
from task_service.unit_of_work.repository import ReturningInsert, cte_of

_COUNTER = ChangeCounter.metadata.tables["change_counter"]
_CHANGE = ChangeLogEntry.metadata.tables["change"]
_OWN = ("user_id", "last", "forgotten")


def _allocate_numbers(insert: Any, user_id: ColumnElement[str], last: ColumnElement[int]) -> Any:
    is_erased = exists().where(col(DeletedUser.id) == user_id)
    new = insert(_COUNTER).from_select(_OWN, select(user_id, last, literal(0, Integer)).where(~is_erased))
    more = {"last": _COUNTER.c.last + new.excluded.last}
    return new.on_conflict_do_update(index_elements=["user_id"], set_=more).returning(
        _COUNTER.c.user_id, _COUNTER.c.last
    )


def _upsert_latest(new: Any) -> Any:
    updates = {name: new.excluded[name] for name in ("seq", "deleted", "at")}
    return new.on_conflict_do_update(index_elements=["user_id", "kind", "id"], set_=updates)


def _numbered_values(columns: Any, last: Any) -> list[Any]:
    """The values of a change whose `seq` counts back from the user's `last` number: `last + seq`."""
    return [columns[each.name] + last if each.name == "seq" else columns[each.name] for each in _CHANGE.c]


_ASKED = json_rows([_COUNTER.c.user_id, _COUNTER.c.last], rows_of("numbers"))
_USER = bindparam("user_id", type_=String)
NUMBERS = ReturningInsert(
    "numbers",
    postgresql=_allocate_numbers(postgresql.insert, _ASKED.c.user_id, _ASKED.c.last),
    sqlite=_allocate_numbers(sqlite.insert, _USER, bindparam("last", type_=Integer)),
)
"""Allocates `last` numbers to a user and returns the highest; returns nothing for an erased user."""
_NUMBERED = cte_of(NUMBERS)
_CHANGED = json_rows(list(_CHANGE.c), rows_of("changes"))
_GIVEN = {each.name: bindparam(each.name, type_=each.type) for each in _CHANGE.c}
CHANGES = DeferredInsert(
    "changes",
    postgresql=_upsert_latest(
        postgresql.insert(_CHANGE).from_select(
            [each.name for each in _CHANGE.c],
            select(*_numbered_values(_CHANGED.c, _NUMBERED.c.last)).where(
                _NUMBERED.c.user_id == _CHANGED.c.user_id
            ),
        )
    ),
    sqlite=_upsert_latest(
        sqlite.insert(_CHANGE).from_select(
            [each.name for each in _CHANGE.c],
            select(*_numbered_values(_GIVEN, _COUNTER.c.last)).where(_COUNTER.c.user_id == _USER),
        )
    ),
)
"""Upserts the last change of each resource; `seq` counts back from what `NUMBERS` allocates: 0, -1, …"""


class ChangeLogRepository(OwnedRepository):
    """The change log of one owner."""

    async def read_counter(self) -> ChangeCounter:
        """The counter of the owner; one that starts at 0 if nothing has changed yet."""
        return await self.find_own(ChangeCounter) or ChangeCounter(user_id=self.user_id, last=0)

    async def list_changes_after(
        self, seq: int, deletions_hidden_up_to: int, limit: int
    ) -> Sequence[ChangeLogEntry]:
        """Changes after `seq`, in order; up to `deletions_hidden_up_to` without deletions."""
        number = col(ChangeLogEntry.seq)
        is_shown = or_(number > deletions_hidden_up_to, col(ChangeLogEntry.deleted).is_(False))
        query = self.select(ChangeLogEntry).where(number > seq, is_shown)
        return (await self.session.scalars(query.order_by(number).limit(limit))).all()

    async def find_resources(self, model: type[Any], ids: Collection[str]) -> dict[str, Any]:
        """The resources of these ids, by id."""
        query = self.select(model).where(model.id.in_(ids))
        return {thing.id: thing for thing in await self.session.scalars(query)}

    async def erase_all(self) -> None:
        for model in (ChangeLogEntry, ChangeCounter):
            await self.session.execute(self.delete(model))


async def purge_deletions(session: AsyncSession, before: datetime) -> None:
    """Purge everybody's tombstones older than `before`, and store up to which `seq` of whom they are gone.

    Tokens up to there can't be served as a delta any more, see `use_cases.read_changes`.
    """
    old = (col(ChangeLogEntry.deleted).is_(True), col(ChangeLogEntry.at) < before)
    newest = (
        select(col(ChangeLogEntry.user_id), func.max(col(ChangeLogEntry.seq)))
        .where(*old)
        .group_by(col(ChangeLogEntry.user_id))
    )
    for user_id, seq in (await session.execute(newest)).all():
        counter = OwnerScope(user_id).update(ChangeCounter)
        await session.execute(counter.values(forgotten=seq))
    await session.execute(delete(ChangeLogEntry).where(*old))
