"""Counts what each flush writes, whoever writes it, and refuses what goes beyond a quota.

The counters are changed in the transaction that changes the rows, so a rollback, also of a savepoint, takes
both back. Writers of one user have taken a turn, and the row of the counters stays locked until the end: no
two of them can pass a limit together.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from servicekit.persistence.deferred_inserts import DeferredInsert, Rows, defer_rows
from servicekit.web.quotas import require_quota
from task_service.activity_log.recorder import ACTIVITY
from task_service.quotas.amounts import (
    ALL,
    MAKING_ROOM,
    REFUSING,
    Amounts,
    amounts_of,
    difference_of,
    stored_amounts_of,
)
from task_service.quotas.repository import USED
from task_service.retention import repository as retention
from task_service.settings import Settings
from task_service.unit_of_work.written import Written

LIMITS = "quotas"
"""Key in `session.info`: name → limit, as the settings have them."""
OVERFULL = "overfull"
"""Key in `session.info`: the users with more in the trash or the history than they may have."""


def limits_of(settings: Settings) -> Mapping[str, int]:
    return {name: getattr(settings, f"quota_{name}") for name in (*REFUSING, *MAKING_ROOM)}


def count(session: Session, written: Written) -> None:
    """Defer what is about to be written counts."""
    for user_id, added in _added(written).items():
        defer_rows(session, USED, {"user_id": user_id, **added})


def count_new(session: AsyncSession, user_id: str, added: Amounts) -> None:
    """Count what is written past the session, which sees nothing of it."""
    defer_rows(session, USED, {"user_id": user_id, **added})


def used_by(parts: Mapping[DeferredInsert, Rows]) -> Sequence[Mapping[str, Any]]:
    """What these rows add to what accounts keep, one row for each of them."""
    found: dict[str, Amounts] = defaultdict(Counter)
    for row in parts.get(USED, ()):
        found[row["user_id"]].update({name: row[name] for name in row if name != "user_id"})
    for row in parts.get(ACTIVITY, ()):
        found[row["user_id"]]["bytes_of_history"] += row["size"]
    return [
        {"user_id": user_id} | {name: added[name] for name in ALL}
        for user_id, added in sorted(found.items())
        if any(added.values())
    ]


def check(session: Session, added: Rows, returned: Mapping[str, Rows]) -> None:
    """Raise `QuotaExceeded` where accounts keep more, with what was `added`, than they may."""
    for used, more in zip(
        sorted(returned.get(USED.name) or (), key=itemgetter("user_id")), added, strict=True
    ):
        _check(session, used, more)


def make_room(session: Session) -> None:
    """Drop the oldest of the trash and the history of those who have too much of it."""
    for user_id in sorted(session.info.pop(OVERFULL, ())):
        retention.make_room(session.connection(), user_id, session.info[LIMITS])


def _added(written: Written) -> Mapping[str, Amounts]:
    found: dict[str, Amounts] = defaultdict(Counter)
    for rows, amounts in (
        (written.new, amounts_of),
        (written.changed, difference_of),
    ):
        for row in rows:
            if more := amounts(row):
                found[row.user_id].update(more)
    for row in written.removed:
        if less := stored_amounts_of(row):
            found[row.user_id].subtract(less)
    return found


def _check(session: Session, used: Mapping[str, Any], added: Mapping[str, Any]) -> None:
    limits: Mapping[str, int] = session.info.get(LIMITS, {})
    for name in REFUSING:
        if name in limits:
            require_quota(name, used=used[name] - added[name], limit=limits[name], adding=added[name])
    if any(name in limits and used[name] > limits[name] for name in MAKING_ROOM):
        session.info.setdefault(OVERFULL, set()).add(used["user_id"])
