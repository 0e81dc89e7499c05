"""Every query about the queue of deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from notification_service.models import Delivery, DeliveryAttempt
from notification_service.queue.fairness import ReadyDelivery
from servicekit.persistence.ownership import OwnerScope

CHUNK = 5_000
"""Rows of one user changed in one go; the next round takes more."""


async def shed_excess(session: AsyncSession, limit: int) -> dict[str, int]:
    """Give up what waits of users for whom more than `limit` deliveries wait, the newest first.

    They can be sent again by hand. Returns how many it were, by user.
    """
    waits = col(Delivery.state) == "due"
    crowded = select(col(Delivery.user_id)).where(waits).group_by(col(Delivery.user_id))
    shed_excess: dict[str, int] = {}
    for user_id in (await session.scalars(crowded.having(func.count() > limit))).all():
        owner = OwnerScope(user_id)
        of_user = owner.select(col(Delivery.id), of=Delivery).where(waits)
        newest = of_user.order_by(col(Delivery.created_at), col(Delivery.id)).offset(limit).limit(CHUNK)
        ids = (await session.scalars(newest)).all()
        given_up = owner.update(Delivery).where(col(Delivery.id).in_(ids), waits)
        error = f"{limit} deliveries of this account are waiting already"
        await session.execute(given_up.values(state="failed", next_at=None, error=error))
        shed_excess[user_id] = len(ids)
    return shed_excess


async def purge_excess(session: AsyncSession, limit: int) -> None:
    """Drop what was sent longest ago of users of whom more than `limit` deliveries are kept."""
    is_over = col(Delivery.state) != "due"
    crowded = select(col(Delivery.user_id)).where(is_over).group_by(col(Delivery.user_id))
    for user_id in (await session.scalars(crowded.having(func.count() > limit))).all():
        owner = OwnerScope(user_id)
        of_user = owner.select(col(Delivery.id), of=Delivery).where(is_over)
        newest_first = of_user.order_by(col(Delivery.created_at).desc(), col(Delivery.id))
        ids = (await session.scalars(newest_first.offset(limit).limit(CHUNK))).all()
        await session.execute(delete(DeliveryAttempt).where(col(DeliveryAttempt.delivery_id).in_(ids)))
        await session.execute(owner.delete(Delivery).where(col(Delivery.id).in_(ids)))


async def select_ready_deliveries(
    session: AsyncSession, now: datetime, blocked: dict[str, list[str]], after: str, limit: int
) -> list[ReadyDelivery]:
    """At most `limit` deliveries that may be sent at `now`, one a user, round robin from `after` on."""
    found = await _walk_users(session, now, blocked, after, limit)
    if after and len(found) < limit:
        seen = {each.delivery_id for each in found}
        around = await _walk_users(session, now, blocked, "", limit)
        found += [each for each in around if each.delivery_id not in seen]
    return found[:limit]


async def lease_deliveries(
    session: AsyncSession, ready: Sequence[ReadyDelivery], now: datetime, again_at: datetime
) -> list[ReadyDelivery]:
    """Take `ready`: nobody else gets them until `again_at`. Returns those nobody else has taken."""
    if not ready:
        return []
    ids = [each.delivery_id for each in ready]
    is_ready = (col(Delivery.id).in_(ids), col(Delivery.state) == "due", col(Delivery.next_at) <= now)
    free = select(col(Delivery.id)).where(*is_ready).with_for_update(skip_locked=True)
    taken = set((await session.scalars(free)).all())
    if taken:
        await session.execute(update(Delivery).where(col(Delivery.id).in_(taken)).values(next_at=again_at))
    return [each for each in ready if each.delivery_id in taken]


async def _walk_users(
    session: AsyncSession, now: datetime, blocked: dict[str, list[str]], after: str, limit: int
) -> list[ReadyDelivery]:
    ids = (
        await session.scalars(_READY_BY_USER, {"now": now, "after": after, "limit": limit, **blocked})
    ).all()
    columns = col(Delivery.id), col(Delivery.user_id), col(Delivery.channel_id), col(Delivery.host)
    rows = await session.execute(select(*columns).where(col(Delivery.id).in_(ids)))
    found = {id: ReadyDelivery(id, user_id, channel_id or "", host) for id, user_id, channel_id, host in rows}
    return [found[id] for id in ids if id in found]


def _ready_by_user() -> Select[Any]:
    first, following, ready = aliased(Delivery), aliased(Delivery), aliased(Delivery)
    beginning = select(func.min(col(first.user_id)).label("user_id")).where(
        _is_waiting(first), col(first.user_id) > bindparam("after")
    )
    user = beginning.cte("waiting_user", recursive=True)
    step = (
        select(func.min(col(following.user_id)))
        .where(_is_waiting(following), col(following.user_id) > user.c.user_id)
        .correlate(user)
        .scalar_subquery()
    )
    user = user.union_all(select(step).where(user.c.user_id.is_not(None)))
    earliest = (
        select(col(ready.id))
        .where(
            col(ready.user_id) == user.c.user_id,
            _is_waiting(ready),
            col(ready.next_at) <= bindparam("now"),
            col(ready.channel_id).not_in(bindparam("channels", expanding=True)),
            col(ready.host).not_in(bindparam("hosts", expanding=True)),
        )
        .order_by(col(ready.next_at))
        .limit(1)
        .correlate(user)
        .scalar_subquery()
    )
    may_have_more = user.c.user_id.not_in(bindparam("users", expanding=True))
    ready_id = select(earliest.label("id")).select_from(user).where(may_have_more).subquery()
    return select(ready_id.c.id).where(ready_id.c.id.is_not(None)).limit(bindparam("limit"))


def _is_waiting(delivery: type[Delivery]) -> ColumnElement[bool]:
    """As the index of waiting deliveries has it, which a parameter would not match."""
    return col(delivery.state) == literal_column("'due'")


_READY_BY_USER = _ready_by_user()
