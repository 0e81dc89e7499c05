"""Every query about dead letters."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from analytics_service.models import DeadLetter
from servicekit.persistence.database import build_per_dialect, execute_per_dialect
from servicekit.persistence.ownership import OwnerScope


def _insert_or_count(insert: Any) -> Any:
    made = insert(DeadLetter)
    new = made.excluded
    return made.on_conflict_do_update(
        index_elements=["id"],
        set_={
            "failures": col(DeadLetter.failures) + 1,
            "failed_at": new.failed_at,
            "cause": new.cause,
            "state": "parked",
        },
        where=(new.failed_at > col(DeadLetter.failed_at)) & (new.consumer != ""),
    )


_STORE = build_per_dialect(_insert_or_count)


async def store_dead_letter(session: AsyncSession, dead_letter: DeadLetter) -> None:
    """Keep a dead letter; a repeat changes nothing, another failure of the same event is counted."""
    await execute_per_dialect(session, _STORE, dead_letter.model_dump())


async def list_dead_letters(
    session: AsyncSession,
    column_values: dict[str, str],
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[DeadLetter]:
    """Newest first; column_values: values columns must have."""
    query = select(DeadLetter).order_by(col(DeadLetter.parked_at).desc(), col(DeadLetter.id).desc())
    query = query.where(*_conditions_for(column_values))
    if before:
        query = query.where(tuple_(col(DeadLetter.parked_at), col(DeadLetter.id)) < before)
    return (await session.scalars(query.limit(limit))).all()


async def find_by_id(session: AsyncSession, id: str) -> DeadLetter | None:
    return (await session.scalars(select(DeadLetter).where(col(DeadLetter.id) == id))).first()


async def lock_dead_letter(session: AsyncSession, id: str) -> DeadLetter | None:
    return (
        await session.scalars(select(DeadLetter).where(col(DeadLetter.id) == id).with_for_update())
    ).first()


async def discard_dead_letters(session: AsyncSession, column_values: dict[str, str], reason: str) -> int:
    """Discard dead letters; returns how many; column_values: values columns must have."""
    change = (
        update(DeadLetter).where(*_conditions_for(column_values)).values(state="discarded", outcome=reason)
    )
    return len((await session.scalars(change.returning(col(DeadLetter.id)))).all())


async def delete_failed_before(session: AsyncSession, failed_before: datetime) -> None:
    await session.execute(delete(DeadLetter).where(col(DeadLetter.failed_at) < failed_before))


async def delete_user(session: AsyncSession, user_id: str) -> None:
    await session.execute(OwnerScope(user_id).delete(DeadLetter))


def _conditions_for(column_values: dict[str, str]) -> list[ColumnElement[bool]]:
    columns = DeadLetter.metadata.tables["dead_letter"].c
    return [columns[name] == value for name, value in column_values.items()]


async def group_dead_letters(session: AsyncSession, limit: int) -> Sequence[Any]:
    """What is parked, by topic, consumer and cause, the largest group first."""
    by = (col(DeadLetter.topic), col(DeadLetter.consumer), col(DeadLetter.cause))
    number = func.count().label("number")
    first, last = func.min(col(DeadLetter.parked_at)), func.max(col(DeadLetter.parked_at))
    query = select(*by, number, first.label("first_at"), last.label("last_at"))
    query = query.where(col(DeadLetter.state) == "parked").group_by(*by)
    return (await session.execute(query.order_by(number.desc(), last.desc()).limit(limit))).all()


async def count_by_topic(session: AsyncSession) -> dict[str, int]:
    query = select(col(DeadLetter.topic), func.count()).where(col(DeadLetter.state) == "parked")
    return {topic: count for topic, count in await session.execute(query.group_by(col(DeadLetter.topic)))}  # noqa: C416 - rows are no pairs to mypy
