"""Queries for the saved filters of one owner."""

from task_service.models import SavedFilter
from task_service.named_resources.repository import NamedResourceRepository


class SavedFilterRepository(NamedResourceRepository[SavedFilter]):
    """The saved filters of one owner."""

    model = SavedFilter
