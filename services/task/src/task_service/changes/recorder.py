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

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from servicekit import json_rows
from servicekit.database import for_rows
from servicekit.errors import AccountGone
from task_service.changes.models import Change
from task_service.changes.repository import NUMBER
from task_service.models import Label, Project, SavedFilter, Task

KINDS: Mapping[type, str] = {Task: "task", Project: "project", Label: "label", SavedFilter: "filter"}
"""What the feed tells of, by the name it has there."""
PENDING = "changed"
"""Key in `session.info`: (user, kind, id) → whether it is gone."""

_CHANGE = Change.metadata.tables["change"]
_NOTE = for_rows(
    lambda insert: (new := insert(_CHANGE)).on_conflict_do_update(
        index_elements=["user_id", "kind", "id"],
        set_={"seq": new.excluded.seq, "deleted": new.excluded.deleted, "at": new.excluded.at},
    )
)


@event.listens_for(Session, "before_flush")
def notice(session: Session, *_: Any) -> None:
    """Remember what is about to be written."""
    for thing in (*session.new, *session.dirty, *session.deleted):
        kind = KINDS.get(type(thing))
        if kind and (thing not in session.dirty or session.is_modified(thing)):
            gone = thing in session.deleted or getattr(thing, "deleted_at", None) is not None
            session.info.setdefault(PENDING, {})[thing.user_id, kind, thing.id] = gone


def notice_new(session: AsyncSession, user_id: str, kind: str, ids: Iterable[str]) -> None:
    """Remember what is written past the session, which sees nothing of it."""
    session.info.setdefault(PENDING, {}).update({(user_id, kind, id): False for id in ids})


@event.listens_for(Session, "before_commit")
def number(session: Session) -> None:
    """Give what was written its numbers, in the transaction that wrote it.

    Raises `AccountGone`: whoever writes has taken a turn, so an erasure is over or still to come.
    """
    if session.in_nested_transaction():
        return
    session.flush()
    pending = session.info.pop(PENDING, None)
    if not pending:
        return
    connection = session.connection()
    dialect = connection.dialect.name
    for user_id, things in _by_user(pending).items():
        taken = {"user_id": user_id, "last": len(things)}
        last = connection.execute(NUMBER[dialect], taken).scalar_one_or_none()
        if last is None:
            raise AccountGone
        rows = list(_rows(user_id, things, last))
        connection.execute(_NOTE[dialect], json_rows.values_of(rows, dialect))


def _by_user(pending: Mapping[tuple[str, str, str], bool]) -> dict[str, dict[tuple[str, str], bool]]:
    found: dict[str, dict[tuple[str, str], bool]] = defaultdict(dict)
    for (user_id, kind, id), gone in pending.items():
        found[user_id][kind, id] = gone
    return found


def _rows(user_id: str, things: Mapping[tuple[str, str], bool], last: int) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    for seq, ((kind, id), gone) in enumerate(things.items(), start=last - len(things) + 1):
        yield {"user_id": user_id, "kind": kind, "id": id, "seq": seq, "deleted": gone, "at": now}
