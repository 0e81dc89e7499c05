"""Counts what each flush writes, whoever writes it, and refuses what goes beyond a quota.

The counters are changed in the transaction that changes the rows, so a rollback, also of a savepoint, takes
both back. Writers of one user have taken a turn, and the row of the counters stays locked until the end: no
two of them can pass a limit together.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from servicekit.quotas import require_quota
from task_service.quotas.amounts import (
    MAKING_ROOM,
    REFUSING,
    Amounts,
    amounts_of,
    difference_of,
    stored_amounts_of,
)
from task_service.quotas.repository import add_amounts
from task_service.retention import repository as retention
from task_service.settings import Settings

LIMITS = "quotas"
"""Key in `session.info`: name → limit, as the settings have them."""
OVERFULL = "overfull"
"""Key in `session.info`: the users with more in the trash or the history than they may have."""


def limits_of(settings: Settings) -> Mapping[str, int]:
    return {name: getattr(settings, f"quota_{name}") for name in (*REFUSING, *MAKING_ROOM)}


@event.listens_for(Session, "before_flush")
def count(session: Session, *_: Any) -> None:
    """Count what is about to be written. Raises `QuotaExceeded`."""
    for user_id, added in _added(session).items():
        if any(added.values()):
            used = add_amounts(session.connection(), user_id, added)
            _check(session, user_id, added, used)


def count_new(session: Session, user_id: str, added: Amounts) -> None:
    """Count what is written past the session, which sees nothing of it. Raises `QuotaExceeded`."""
    used = add_amounts(session.connection(), user_id, added)
    _check(session, user_id, added, used)


@event.listens_for(Session, "before_commit")
def make_room(session: Session) -> None:
    """Drop the oldest of the trash and the history of those who have too much of it."""
    if session.in_nested_transaction():
        return
    session.flush()
    for user_id in sorted(session.info.pop(OVERFULL, ())):
        retention.make_room(session.connection(), user_id, session.info[LIMITS])


def _added(session: Session) -> Mapping[str, Amounts]:
    found: dict[str, Amounts] = defaultdict(Counter)
    for rows, amounts in (
        (session.new, amounts_of),
        (session.dirty, difference_of),
    ):
        for row in rows:
            if more := amounts(row):
                found[row.user_id].update(more)
    for row in session.deleted:
        if less := stored_amounts_of(row):
            found[row.user_id].subtract(less)
    return found


def _check(session: Session, user_id: str, added: Amounts, used: Mapping[str, int]) -> None:
    limits: Mapping[str, int] = session.info.get(LIMITS, {})
    for name in REFUSING:
        if name in limits:
            require_quota(name, used=used[name] - added[name], limit=limits[name], adding=added[name])
    if any(name in limits and used[name] > limits[name] for name in MAKING_ROOM):
        session.info.setdefault(OVERFULL, set()).add(user_id)
