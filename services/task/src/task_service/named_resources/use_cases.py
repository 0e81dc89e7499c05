"""What projects, labels and saved filters have in common: a name, a place, a version."""

from datetime import UTC, datetime
from typing import Any

from servicekit.errors import NotFound
from task_service.models import Label, Project, SavedFilter
from task_service.named_resources.repository import Named, NamedResourceRepository
from task_service.unit_of_work.unit import UnitOfWork


async def read_resource(
    resources: NamedResourceRepository[Named], id: str, *, trashed: bool = False
) -> Named:
    """One of the owner's. Raises `NotFound`, also for what is in the trash unless `trashed`."""
    found = await resources.find_by_id(id)
    if found is None or (isinstance(found, Project) and found.deleted_at and not trashed):
        raise NotFound
    return found


def add_resource(unit: UnitOfWork, model: type[Named], values: dict[str, Any]) -> Named:
    """Add one with these values; without a position it comes last."""
    row = model.create(unit.user.user_id, values, datetime.now(UTC))
    unit.add(row)
    return row


async def remove_resource(unit: UnitOfWork, row: Label | SavedFilter) -> None:
    """Delete a label or filter for good."""
    row.delete()
    await unit.session.delete(row)
