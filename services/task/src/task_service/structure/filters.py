"""The rules of saved filters."""

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.auth import Principal
from task_service import repository as task_repository
from task_service.errors import NameTaken
from task_service.folding import fold
from task_service.models import SavedFilter
from task_service.structure import named, repository
from task_service.structure.schemas import FilterCreate, FilterPatch


async def create(session: AsyncSession, user: Principal, draft: FilterCreate) -> SavedFilter:
    """Save a filter. Raises `NameTaken`."""
    await task_repository.take_turn(session, user.user_id)
    await _check_name(session, user, None, draft.name)
    return named.add(session, user, SavedFilter, draft.model_dump())


async def update(
    session: AsyncSession, user: Principal, saved: SavedFilter, patch: FilterPatch
) -> SavedFilter:
    """Change what `patch` names. Raises `NameTaken`."""
    asked = patch.model_dump(exclude_unset=True)
    if "name" in asked:
        await _check_name(session, user, saved, asked["name"])
    named.change(saved, asked)
    return saved


async def delete(session: AsyncSession, saved: SavedFilter) -> None:
    await session.delete(saved)


async def _check_name(session: AsyncSession, user: Principal, saved: SavedFilter | None, name: str) -> None:
    for other in await repository.by_key(session, SavedFilter, user.user_id, [fold(name)]):
        if other is not saved:
            raise NameTaken(f"There is a filter “{other.name}” already.")
