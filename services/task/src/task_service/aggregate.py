"""Aggregates: what is loaded, changed and stored as one, under one version.

A change is a method of the aggregate. The method sets the values, raises the version once and records a
domain event; it is synchronous, so no query, and no flush, comes between. The unit of work collects the
events when it writes: a use case tells nobody of what it did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.orm.attributes import instance_state

from servicekit.web.ids import new_id

What = Literal["created", "updated", "completed", "reopened", "deleted", "restored"]
_EVENTS = "events"
"""Key in SQLAlchemy's `InstanceState.info`, which goes where the row goes."""


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """What happened to one aggregate, with its values by the names of its columns."""

    id: str
    """A UUIDv7, so that events sort in the order in which they happened, across aggregates."""
    of: type["Aggregate"]
    what: What
    changed: Sequence[str]
    """Of an update, the fields of the API that differ from the version before."""
    before: Mapping[str, Any] | None
    """None: it is new."""
    after: Mapping[str, Any]


class Aggregate:
    """A row with a version, and the domain events that wait to be collected.

    Versions serve optimistic concurrency (`ETag` and `If-Match`); that no two writers raise the same one
    is up to the advisory lock of the user.
    """

    if TYPE_CHECKING:
        id: str
        user_id: str
        version: int
        updated_at: datetime

    def record(
        self, what: What, before: Mapping[str, Any] | None = None, changed: Sequence[str] = ()
    ) -> None:
        """Record a domain event, with the values of now as those after it."""
        event = DomainEvent(new_id(), type(self), what, changed, before, self.values())
        instance_state(self).info.setdefault(_EVENTS, []).append(event)

    def collect_events(self) -> list[DomainEvent]:
        """The events recorded since they were last collected."""
        found: list[DomainEvent] = instance_state(self).info.pop(_EVENTS, [])
        return found

    def discard_events(self) -> None:
        """What was recorded has not happened: it was rolled back."""
        instance_state(self).info.pop(_EVENTS, None)

    def values(self) -> Mapping[str, Any]:
        """A copy of the loaded values. Lists and objects in it are shared: no change is made inside them."""
        found = dict(self.__dict__)
        del found["_sa_instance_state"]
        return found

    def _raise_version(
        self, what: What, before: Mapping[str, Any], now: datetime, changed: Sequence[str] = ()
    ) -> None:
        """The end of every change: one more version, one event. `before` are the `values` of the start."""
        self.version += 1
        self.updated_at = now
        self.record(what, before, changed)
