"""Ids: UUIDv7 (RFC 9562), so that rows made later sort later."""

import re
from typing import Annotated

from fastapi import Depends, Path
from uuid_utils.compat import uuid7

from servicekit.errors import NotFound

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UUID = re.compile(UUID)


def new_id() -> str:
    return str(uuid7())


def is_id(value: str) -> bool:
    return _UUID.fullmatch(value) is not None


async def _path_id(id: Annotated[str, Path(max_length=100, description="UUID")]) -> str:
    if not is_id(id):
        raise NotFound
    return id


PathId = Annotated[str, Depends(_path_id)]
"""The `{id}` of a route; what can't be an id is not found."""
