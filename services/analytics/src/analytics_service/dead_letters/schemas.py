"""What the API takes and shows of dead letters."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from servicekit.web.schemas import RequestBody, ResponseModel, Text

State = Literal["parked", "replayed", "discarded"]
Reason = Annotated[Text, Field(min_length=1, max_length=500)]


class DeadLetterRead(ResponseModel):
    """An event that a consumer gave up."""

    id: str
    """UUID of the dead letter."""
    event_id: str
    """UUID of the event."""
    consumer: str
    """Who gave it up; empty where Dapr did, which does not tell for whom."""
    topic: str
    """Kafka topic it was on."""
    cause: str
    """Why it was given up."""
    event: str
    """The CloudEvent as it came, mostly JSON."""
    parked_at: datetime
    """When it came here; RFC 3339, UTC."""
    state: State
    """Whether it waits (`parked`), or what was done with it."""
    failures: int
    """How often it was given up, replays included."""
    failed_at: datetime
    """When that was last; RFC 3339, UTC."""
    replays: int
    """How often it was replayed."""
    replayed_at: datetime | None
    """When that was last; RFC 3339, UTC. Null: never."""
    outcome: str
    """What the last replay came to, or why it was discarded."""


class DeadLetterGroup(ResponseModel):
    """Parked dead letters with one cause."""

    topic: str
    """Kafka topic it was on."""
    consumer: str
    """Who gave them up; empty where Dapr did."""
    cause: str
    """Why they were given up."""
    number: int
    """How many there are."""
    first_at: datetime
    """When the oldest came; RFC 3339, UTC."""
    last_at: datetime
    """When the newest came; RFC 3339, UTC."""


class DeadLetterGroups(ResponseModel):
    """Groups of parked dead letters."""

    items: list[DeadLetterGroup]
    """The largest groups first."""


class Group(RequestBody):
    """Which parked dead letters are meant; all of them, if nothing is said."""

    topic: Text | None = None
    """Only those of this topic; null: of any."""
    consumer: Text | None = None
    """Only those this consumer gave up; null: any."""
    cause: Text | None = None
    """Only those with this very cause; null: any."""

    def column_values(self) -> dict[str, str]:
        """Values columns must have."""
        named = self.model_dump(include={"topic", "consumer", "cause"}, exclude_none=True)
        return named | {"state": "parked"}


class ReplayMany(Group):
    """Oldest first."""

    limit: int = Field(default=50, ge=1, le=200)
    """How many at most."""


class ReplayedMany(ResponseModel):
    """What came of replaying several."""

    replayed: int
    """How many were replayed."""
    failed: int
    """How many failed again, and are parked still."""


class Discard(RequestBody):
    """Why it is discarded."""

    reason: Reason
    """Why; up to 500 characters, kept as `outcome`."""


class DiscardMany(Group):
    """Which parked dead letters to discard, and why."""

    reason: Reason
    """Why; up to 500 characters, kept as `outcome`."""


class DiscardedMany(ResponseModel):
    """What came of discarding several."""

    discarded: int
    """How many were discarded."""
