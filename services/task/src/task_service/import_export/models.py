"""Tables of imports."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class ImportJob(SQLModel, table=True):
    """The import of a file: queued, running or finished."""

    __tablename__ = "import_job"

    id: str = Field(primary_key=True)
    user_id: str
    zone: str
    """The user's time zone when the file came, and where the week starts."""
    week_start: str | None = None
    via: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """The API token that brought the file."""
    format: str | None = None
    project: str | None = None
    body: bytes
    """The file, packed with gzip; empty as soon as it is done."""
    status: str = "waiting"
    """waiting, running, done or failed."""
    total: int = 0
    done: int = 0
    added: int = 0
    skipped: int = 0
    report: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    more: int = 0
    """Lines of the report that were left out."""
    failures: int = 0
    """How often in a row an error stopped it before it had added anything more."""
    interruptions: int = 0
    """How often in a row a lease ran out before it had added anything more: its worker was gone."""
    leased_until: datetime
    created_at: datetime
    finished_at: datetime | None = None
