"""The base of every event and the CloudEvents 1.0 envelope it travels in."""

from datetime import datetime
from typing import ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from contracts.names import Topic

CLOUD_EVENT_CONTENT_TYPE = "application/cloudevents+json"


class Event(BaseModel):
    """One fact about one user, in the past tense.

    A field is only ever added; what breaks a reader becomes a new class with the next version in
    its `type`. Readers ignore fields they don't know.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    type: ClassVar[str]
    topic: ClassVar[Topic]

    user_id: str
    """The owner, and the partition key: the events of one user stay in order."""

    @property
    def subject(self) -> str:
        """Id of the aggregate the fact is about."""
        raise NotImplementedError


E = TypeVar("E", bound=Event, covariant=True)
F = TypeVar("F", bound=Event)


class CloudEvent(BaseModel, Generic[E]):
    """A CloudEvents 1.0 envelope with the `partitionkey` and distributed-tracing extensions.

    `id` is the id of the outbox row, so it stays the same however often the event is published.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    partitionkey: str
    traceparent: str = ""
    traceid: str = ""
    """Dapr's older name for `traceparent`; set to the same value, or Dapr overwrites both."""
    data: E


def wrap(event: F, *, id: str, source: str, time: datetime, traceparent: str) -> CloudEvent[F]:
    """Put `event` into its envelope."""
    return CloudEvent(
        id=id,
        source=source,
        type=event.type,
        subject=event.subject,
        time=time,
        partitionkey=event.user_id,
        traceparent=traceparent,
        traceid=traceparent,
        data=event,
    )
