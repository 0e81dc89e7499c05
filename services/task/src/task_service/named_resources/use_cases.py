"""What projects, labels and saved filters have in common: a name, a place, a version."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import NotFound
from servicekit.security.auth import Principal
from task_service.models import Label, Project, SavedFilter
from task_service.named_resources import repository
from task_service.named_resources.repository import Named
from task_service.tasks import repository as tasks


async def page(
    session: AsyncSession,
    user: Principal,
    model: type[Named],
    behind: tuple[str, str] | None,
    limit: int,
    *,
    trashed: bool = False,
) -> Sequence[Named]:
    return await repository.listed(session, model, user.user_id, behind, limit, trashed=trashed)


async def read(
    session: AsyncSession, user: Principal, model: type[Named], id: str, *, trashed: bool = False
) -> Named:
    """One of this user. Raises `NotFound`, also for what is in the trash unless `trashed`."""
    found = await repository.by_id(session, model, user.user_id, id)
    if found is None or (isinstance(found, Project) and found.deleted_at and not trashed):
        raise NotFound
    return found


async def lock(
    session: AsyncSession, user: Principal, model: type[Named], id: str, *, trashed: bool = False
) -> Named:
    """One of this user, for a change. Raises `NotFound`."""
    await tasks.lock_user(session, user.user_id)
    return await read(session, user, model, id, trashed=trashed)


def add(session: AsyncSession, user: Principal, model: type[Named], values: dict[str, Any]) -> Named:
    """Add one with these values; without a position it comes last."""
    row = model.create(user.user_id, values, datetime.now(UTC))
    session.add(row)
    return row


async def remove(session: AsyncSession, row: Label | SavedFilter) -> None:
    """Delete a label or filter for good."""
    row.delete()
    await session.delete(row)
