"""What one flush is about to write, and the events of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from contracts.task import TaskEvent
from servicekit.messaging.outbox import record_event
from servicekit.persistence.deferred_inserts import defer_rows
from task_service.activity_log.recorder import ACTIVITY, build_activity_row
from task_service.aggregate import Aggregate
from task_service.events import contract_event
from task_service.models import Task

_happened = attrgetter("id")


@dataclass(frozen=True, slots=True)
class Written:
    """The objects of a session that a flush inserts, updates and deletes, and the tasks among them."""

    new: Sequence[Any]
    changed: Sequence[Any]
    removed: Sequence[Any]
    new_tasks: Sequence[Task]
    changed_tasks: Sequence[Task]

    @classmethod
    def by(cls, session: Session) -> "Written":
        new, changed = list(session.new), [each for each in session.dirty if session.is_modified(each)]
        return cls(new, changed, list(session.deleted), _select_tasks(new), _select_tasks(changed))

    def __iter__(self) -> Iterator[Any]:
        yield from self.new
        yield from self.changed
        yield from self.removed


def _select_tasks(objects: Iterable[Any]) -> list[Task]:
    return [each for each in objects if isinstance(each, Task)]


def collect_events(session: Session, written: Written) -> None:
    """Defer the rows of these aggregates' events, in the order they happened in, and of their activity."""
    found = [event for each in written if isinstance(each, Aggregate) for event in each.collect_events()]
    user = session.info.get("principal")
    for event in sorted(found, key=_happened):
        outgoing = contract_event(event)
        record_event(session, outgoing)
        if isinstance(outgoing, TaskEvent) and (line := build_activity_row(event, outgoing.task, user)):
            defer_rows(session, ACTIVITY, line)


def collect_early(session: AsyncSession) -> None:
    """Make rows of the events there are: they belong to the trace that is open now, not to the commit's."""
    collect_events(session.sync_session, Written.by(session.sync_session))
