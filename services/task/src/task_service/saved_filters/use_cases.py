"""The rules of saved filters, and those that are built in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.folding import name_key
from servicekit.errors import Invalid
from servicekit.web.ids import is_valid_id
from task_service.errors import NameTaken
from task_service.filtering.validation import validate_filter, validate_sort
from task_service.models import SavedFilter
from task_service.named_resources import use_cases as named
from task_service.saved_filters.schemas import FilterCreate, FilterPatch
from task_service.unit_of_work.unit import UnitOfWork


@dataclass(frozen=True, slots=True)
class Named:
    """A filter with its sort order."""

    filter: str
    sort: str | None


BUILT_IN: Mapping[str, Named] = {
    "today": Named("not done and due <= today", "due,-priority,created"),
    "upcoming": Named("not done and due > today", "due,-priority,created"),
    "this week": Named("not done and due < week+1w", "due,-priority,created"),
    "overdue": Named("overdue", "due,-priority,created"),
    "inbox": Named("not done and not project and not parent", "position"),
}
"""By the keys of their names, which no saved filter can have."""


async def resolve_filter(unit: UnitOfWork, name_or_id: str) -> Named:
    """The filter with that id or name; built-in ones need no query. Raises `Invalid`."""
    key = name_key(name_or_id)
    if key in BUILT_IN:
        return BUILT_IN[key]
    if "\x00" in key:
        found = None
    elif is_valid_id(name_or_id):
        found = await unit.filters.find_by_id(name_or_id)
    else:
        found = next(iter(await unit.filters.find_by_keys([key])), None)
    if found is None:
        raise Invalid.field("?saved", f"There is no filter “{name_or_id}”.", code="no-such-filter")
    return Named(found.filter, found.sort)


async def create_filter(unit: UnitOfWork, draft: FilterCreate) -> SavedFilter:
    """Save a filter. Raises `Invalid` or `NameTaken`."""
    _check_syntax(draft.filter, draft.sort)
    await _check_name(unit, None, draft.name)
    return named.add_resource(unit, SavedFilter, draft.model_dump())


async def update_filter(unit: UnitOfWork, saved: SavedFilter, patch: FilterPatch) -> SavedFilter:
    """Change what `patch` names. Raises `Invalid` or `NameTaken`."""
    _check_syntax(patch.filter if "filter" in patch.model_fields_set else None, patch.sort)
    requested = patch.model_dump(exclude_unset=True)
    if "name" in requested:
        await _check_name(unit, saved, requested["name"])
    saved.update(requested, datetime.now(UTC))
    return saved


async def delete_filter(unit: UnitOfWork, saved: SavedFilter) -> None:
    await named.remove_resource(unit, saved)


def _check_syntax(filter: str | None, sort: str | None) -> None:
    if filter is not None:
        validate_filter("/filter", filter)
    if sort is not None:
        validate_sort("/sort", sort)


async def _check_name(unit: UnitOfWork, saved: SavedFilter | None, name: str) -> None:
    if name_key(name) in BUILT_IN:
        raise NameTaken(f"“{name}” is the name of a built-in filter.")
    for other in await unit.filters.find_by_keys([name_key(name)]):
        if other is not saved:
            raise NameTaken(f"A filter with this name already exists: “{other.name}”.")
