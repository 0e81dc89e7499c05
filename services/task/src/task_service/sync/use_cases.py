"""Incremental (delta) sync: pages of the change log after a sync token.

A token is the `seq` a client has seen. As `seq` is assigned in commit order (`change_log`), a client that
asks for everything after its token misses nothing. It may see a change twice, so applying one is idempotent.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import Invalid
from servicekit.security.auth import Principal
from servicekit.web.pagination import decode_cursor, encode_cursor
from task_service.sync import repository
from task_service.sync.change_log import KINDS
from task_service.sync.models import ChangeLogEntry
from task_service.sync.schemas import ChangeRead, Changes
from task_service.unit_of_work.unit import UnitOfWork

RETENTION = timedelta(days=90)
"""How long tombstones are kept; a token from before is answered with a full sync."""
_MODELS = {kind: model for model, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class SyncToken:
    """How far a client has read: up to `seq`.

    deletions_hidden_up_to: the counter when its full sync began; it never had what was deleted before.
    """

    seq: int = 0
    deletions_hidden_up_to: int = 0


async def read_changes(unit: UnitOfWork, since: str | None, limit: int) -> Changes:
    """A page of changes after the token `since`; of everything without one. Raises `Invalid` for a bad token.

    The token of the last page is the counter, not the last change: it moves past changes that are hidden.
    The counter is read before the changes, so that all up to it are visible to the second query. A token
    below `forgotten` (tombstones are purged) or above `last` (as after a restore) starts over.
    """
    counter = await unit.changes.read_counter()
    place = _decode_token(unit.user, since) if since else None
    is_too_old = place is not None and not counter.forgotten <= place.seq <= counter.last
    starts_over = place is None or is_too_old
    if place is None or starts_over:
        place = SyncToken(0, counter.last)
    found = await unit.changes.list_changes_after(place.seq, place.deletions_hidden_up_to, limit + 1)
    page = found[:limit]
    end = page[-1].seq if len(found) > limit else max(counter.last, page[-1].seq if page else 0)
    return Changes(
        items=await _present_changes(unit, page),
        next_token=encode_cursor([end, place.deletions_hidden_up_to], scope=_token_scope(unit.user)),
        has_more=len(found) > limit,
        full_sync=starts_over,
    )


async def purge_deletions(session: AsyncSession) -> None:
    """Purge tombstones older than `RETENTION`."""
    await repository.purge_deletions(session, datetime.now(UTC) - RETENTION)


async def _present_changes(unit: UnitOfWork, page: Sequence[ChangeLogEntry]) -> list[ChangeRead]:
    """Each resource as it is now, which may be newer than its `seq`: then it comes once more later."""
    requested: dict[str, list[str]] = defaultdict(list)
    for change in page:
        if not change.deleted:
            requested[change.kind].append(change.id)
    things = {
        (kind, id): thing
        for kind, ids in requested.items()
        for id, thing in (await unit.changes.find_resources(_MODELS[kind], ids)).items()
        if getattr(thing, "deleted_at", None) is None
    }
    return [_present_change(change, things.get((change.kind, change.id))) for change in page]


def _present_change(change: ChangeLogEntry, thing: object | None) -> ChangeRead:
    head = {"kind": change.kind, "id": change.id, "deleted": thing is None}
    return ChangeRead.model_validate(head | {change.kind: thing}, from_attributes=True)


def _decode_token(user: Principal, since: str) -> SyncToken:
    try:
        return SyncToken(*map(int, decode_cursor(since, scope=_token_scope(user), values=2)))
    except (Invalid, TypeError, ValueError) as error:
        message = "This sync token is invalid; leave it out to start over."
        raise Invalid.field("?since", message, code="token-invalid") from error


def _token_scope(user: Principal) -> str:
    return f"changes {user.user_id}"
