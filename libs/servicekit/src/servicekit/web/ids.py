"""Ids as services use them, and as they stand in paths."""

from typing import Annotated

from fastapi import Depends, Path

from servicekit.errors import NotFound
from servicekit.uuids import UUID, is_valid_id, new_id

__all__ = ["UUID", "PathId", "is_valid_id", "new_id"]


async def _parse_path_id(id: Annotated[str, Path(max_length=100, description="UUID")]) -> str:
    if not is_valid_id(id):
        raise NotFound
    return id


PathId = Annotated[str, Depends(_parse_path_id)]
"""The `{id}` of a route; what can't be an id is not found."""
