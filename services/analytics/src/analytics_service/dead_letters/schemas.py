"""What the API takes and shows of dead letters."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from servicekit.schema import RequestBody, Text

State = Literal["parked", "replayed"]


class DeadLetterRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    event_id: str
    consumer: str
    """Who gave it up; empty where Dapr did, which does not tell for whom."""
    topic: str
    cause: str
    event: str
    parked_at: datetime
    state: State
    failures: int
    failed_at: datetime
    replays: int
    replayed_at: datetime | None
    outcome: str
    """What the last replay came to."""


class DeadLetterGroup(BaseModel):
    """Parked letters with one cause."""

    model_config = ConfigDict(from_attributes=True)

    topic: str
    consumer: str
    cause: str
    number: int
    first_at: datetime
    last_at: datetime


class DeadLetterGroups(BaseModel):
    items: list[DeadLetterGroup]


class ReplayMany(RequestBody):
    """Which parked letters to replay, oldest first; all of them, if nothing is said."""

    topic: Text | None = None
    consumer: Text | None = None
    cause: Text | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ReplayedMany(BaseModel):
    replayed: int
    failed: int
