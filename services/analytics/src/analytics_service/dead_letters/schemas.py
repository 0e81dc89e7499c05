"""What the API takes and shows of dead letters."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from servicekit.web.schemas import RequestBody, Text

State = Literal["parked", "replayed", "discarded"]
Reason = Annotated[Text, Field(min_length=1, max_length=500)]


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
    """What the last replay came to, or why it was discarded."""


class DeadLetterGroup(BaseModel):
    """Parked dead letters with one cause."""

    model_config = ConfigDict(from_attributes=True)

    topic: str
    consumer: str
    cause: str
    number: int
    first_at: datetime
    last_at: datetime


class DeadLetterGroups(BaseModel):
    items: list[DeadLetterGroup]


class Group(RequestBody):
    """Which parked dead letters are meant; all of them, if nothing is said."""

    topic: Text | None = None
    consumer: Text | None = None
    cause: Text | None = None

    def column_values(self) -> dict[str, str]:
        """Values columns must have."""
        named = self.model_dump(include={"topic", "consumer", "cause"}, exclude_none=True)
        return named | {"state": "parked"}


class ReplayMany(Group):
    """Oldest first."""

    limit: int = Field(default=50, ge=1, le=200)


class ReplayedMany(BaseModel):
    replayed: int
    failed: int


class Discard(RequestBody):
    reason: Reason


class DiscardMany(Group):
    reason: Reason


class DiscardedMany(BaseModel):
    discarded: int
