"""Numbers what each transaction changes, whoever changes it.

The numbers of a user come from one row, which is locked from the first number of a transaction until its
end: whoever is numbered later commits later. So a reader that has seen a number has seen all below it,
which a sequence of PostgreSQL, given out long before the commit, could not promise. The row is taken
last, right before the commit, so nobody waits for it while holding it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from servicekit.errors import AccountGone
from servicekit.persistence.deferred_inserts import DeferredInsert, Rows
from task_service.models import Label, Project, SavedFilter, Task
from task_service.sync.repository import CHANGES, NUMBERS
from task_service.unit_of_work.written import Written

Pending = dict[tuple[str, str, str], bool]
"""(user, kind, id) → whether it is gone."""
Parts = Mapping[DeferredInsert, Rows]
KINDS: Mapping[type, str] = {Task: "task", Project: "project", Label: "label", SavedFilter: "filter"}
"""What the feed tells of, by the name it has there."""
PENDING = "changed"
"""Key in `session.info`: a `Pending`."""


def collect_changes(session: Session, written: Written) -> None:
    """Remember what is about to be written."""
    found = session.info.setdefault(PENDING, {})
    for things, is_removed in ((written.new, False), (written.changed, False), (written.removed, True)):
        for thing in things:
            if kind := KINDS.get(type(thing)):
                is_gone = is_removed or getattr(thing, "deleted_at", None) is not None
                found[thing.user_id, kind, thing.id] = is_gone


def collect_inserts(session: AsyncSession, user_id: str, kind: str, ids: Iterable[str]) -> None:
    """Remember what is written past the session, which sees nothing of it."""
    session.info.setdefault(PENDING, {}).update({(user_id, kind, id): False for id in ids})


def pending(session: Session) -> Pending:
    """What is remembered so far."""
    return dict(session.info.get(PENDING, {}))


def restore(session: Session, before: Pending) -> None:
    """Remember no more than that."""
    session.info[PENDING] = before


def number_changes(session: Session) -> Parts:
    """What gives the changes of this transaction their numbers."""
    pending = _group_by_user(session.info.pop(PENDING, {}))
    if not pending:
        return {}
    counters = [{"user_id": user_id, "last": len(things)} for user_id, things in pending.items()]
    return {NUMBERS: counters, CHANGES: [row for each in pending.items() for row in _change_rows(*each)]}


def require_numbers(parts: Parts, returned: Mapping[str, Rows]) -> None:
    """Raise `AccountGone` for users that got no numbers: whoever writes has taken a turn, so an erasure is
    over or still to come."""
    if len(returned.get(NUMBERS.name) or ()) < len(parts.get(NUMBERS, ())):
        raise AccountGone


def _group_by_user(pending: Pending) -> dict[str, dict[tuple[str, str], bool]]:
    found: dict[str, dict[tuple[str, str], bool]] = defaultdict(dict)
    for (user_id, kind, id), gone in pending.items():
        found[user_id][kind, id] = gone
    return found


def _change_rows(user_id: str, things: Mapping[tuple[str, str], bool]) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    for seq, ((kind, id), gone) in enumerate(things.items(), start=1 - len(things)):
        yield {"user_id": user_id, "kind": kind, "id": id, "seq": seq, "deleted": gone, "at": now}
