"""Ids: UUIDv7 (RFC 9562), so that rows made later sort later. Loads without the web framework."""

import re

from uuid_utils.compat import uuid7

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UUID = re.compile(UUID)


def new_id() -> str:
    return str(uuid7())


def is_valid_id(value: str) -> bool:
    return _UUID.fullmatch(value) is not None
