"""What projects, labels and saved filters have in common: a name, a place, a version."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.folding import name_key, search_key
from servicekit.errors import NotFound
from servicekit.messaging.outbox import record_event
from servicekit.security.auth import Principal
from servicekit.web.ids import new_id
from task_service import repository as tasks
from task_service.models import Label, Project, SavedFilter
from task_service.ordering import last_of_all
from task_service.structure import events, repository
from task_service.structure.repository import Named


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
    await tasks.take_turn(session, user.user_id)
    return await read(session, user, model, id, trashed=trashed)


def add(session: AsyncSession, user: Principal, model: type[Named], values: dict[str, Any]) -> Named:
    """Add one with these values; without a position it comes last."""
    now = datetime.now(UTC)
    own = {"id": new_id(), "user_id": user.user_id, "created_at": now, "updated_at": now}
    place = {"position": values.get("position") or last_of_all()}
    row = model(**(values | keys_of(model, values["name"]) | place | own))
    session.add(row)
    record_event(session, events.created(row))
    return row


def change(session: AsyncSession, row: Named, asked: dict[str, Any]) -> bool:
    """Set what differs, as one version with one event. Says whether anything did."""
    if asked.get("position", "") is None:
        del asked["position"]
    changes = {name: value for name, value in asked.items() if getattr(row, name) != value}
    if not changes:
        return False
    keys = keys_of(type(row), changes["name"]) if "name" in changes else {}
    row.sqlmodel_update(changes | keys)
    row.version, row.updated_at = row.version + 1, datetime.now(UTC)
    record_event(session, events.changed(row, sorted(changes)))
    return True


async def remove(session: AsyncSession, row: Label | SavedFilter) -> None:
    """Delete a label or filter for good."""
    record_event(session, events.deleted(row))
    await session.delete(row)


def keys_of(model: type[Named], name: str) -> dict[str, str]:
    """What is stored of a name so that it is found: what it is, and what filters search in."""
    key = {"key": name_key(name)}
    return key if issubclass(model, SavedFilter) else key | {"search_key": search_key(name)}
