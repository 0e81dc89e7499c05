"""What is known of a backup: written last, so a backup without one was never finished."""

import re
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

NAME = "%Y%m%dT%H%M%SZ"
NAMES = re.compile(r"\d{8}T\d{6}Z")


class Content(BaseModel):
    """What a table holds, as `fingerprint` sees it."""

    model_config = ConfigDict(frozen=True)

    rows: int
    checksum: int


class Manifest(BaseModel):
    """One backup of one database.

    name: its folder below that of the database: the instant of its snapshot in UTC.
    taken_at: instant of the snapshot; what was committed by then is in it, and nothing else.
    server_version: of the PostgreSQL it comes from, e.g. 17.6.
    revision: of the schema, as Alembic names it.
    size: bytes of the encrypted dump.
    sha256: of the encrypted dump, in hexadecimal digits.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    database: str
    name: str
    taken_at: AwareDatetime
    server_version: str
    revision: str
    size: int
    sha256: str
    tables: dict[str, Content]

    @property
    def rows(self) -> int:
        return sum(content.rows for content in self.tables.values())


def format_name(instant: datetime) -> str:
    """`instant` is in UTC."""
    return instant.strftime(NAME)
