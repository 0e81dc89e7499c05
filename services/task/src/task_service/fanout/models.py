"""Tables of changes that go on after their request."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class Kind(StrEnum):
    """What is done to the tasks."""

    RELABEL = "relabel"
    TRASH = "trash"
    RESTORE = "restore"
    ZONE = "zone"
    COPY = "copy"


class FanOut(SQLModel, table=True):
    """A change of many tasks, of which some are still to be changed."""

    __tablename__ = "fan_out"

    id: str = Field(primary_key=True)
    user_id: str
    kind: str
    subject: str = ""
    """What it is about, where a later change of the same takes the place of this one: the id of a label."""
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What to do, as JSON; each kind knows its own."""
    via: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """The API token that asked for it."""
    failures: int = 0
    """How often in a row an error stopped it before it had changed anything more."""
    leased_until: datetime
    created_at: datetime


class FanOutTask(SQLModel, table=True):
    """A task that is still to be changed, in this order."""

    __tablename__ = "fan_out_task"

    job_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    user_id: str
    task_id: str
