"""How a task repeats, for people: in words, with the dates that come next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from contracts.api.tasks import OccurrenceRead, Recurrence, TaskRead
from frontend_service.clients.service_client import is_unavailable
from frontend_service.web.request_context import RequestContext
from frontend_service.web.tasks.due import Dated, Due, describe_due
from frontend_service.web.tasks.recurrence_form import describe_rule
from servicekit.errors import ServiceError

NEXT = 5
HOW = ("rule", "from", "month_end", "missed")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """When it comes again; `why` says what was adjusted on that day."""

    due: Due
    why: str


@dataclass(frozen=True, slots=True)
class Repetition:
    """words: empty for a task that does not repeat. `away`: the dates can't be read right now."""

    task: TaskRead
    words: str
    due: Due | None
    following: Sequence[Occurrence] = ()
    away: bool = False

    @property
    def written(self) -> str:
        """The repetition as the API has it, to set it again."""
        recurrence = self.task["recurrence"]
        return as_text(recurrence) if recurrence else ""


async def read_repetition(context: RequestContext, id: str, now: datetime) -> Repetition:
    """Raises what reading the task raises."""
    task = await context.services.tasks.read_task(id)
    due, recurrence = describe_due(task, now), task["recurrence"]
    if not recurrence:
        return Repetition(task, "", due)
    own_words = describe_rule(recurrence["rule"], recurrence["from"])
    try:
        found = (await context.services.tasks.list_occurrences(id, NEXT))["items"]
    except ServiceError as error:
        if not is_unavailable(error):
            raise
        return Repetition(task, own_words or "on a custom schedule", due, away=True)
    described = found[0]["why"].partition("; ")[0] if found else ""
    following = [_describe_occurrence(task, item, now) for item in found]
    return Repetition(task, own_words or described or "on a custom schedule", due, following)


async def find_repetition(context: RequestContext, id: str, now: datetime) -> Repetition | None:
    """None while it can't be read, or if the task is gone."""
    try:
        return await read_repetition(context, id, now)
    except ServiceError as error:
        if error.status != 404 and not is_unavailable(error):
            raise
        return None


def as_text(recurrence: Recurrence) -> str:
    return orjson.dumps({name: value for name, value in recurrence.items() if name in HOW}).decode()


def _describe_occurrence(task: TaskRead, item: OccurrenceRead, now: datetime) -> Occurrence:
    due = describe_due(
        Dated(
            due_date=item["due_date"],
            due_time=item["due_time"],
            time_zone=task["time_zone"],
            due_at=item["due_at"],
        ),
        now,
    )
    assert due
    return Occurrence(due, item["why"].partition("; ")[2])
