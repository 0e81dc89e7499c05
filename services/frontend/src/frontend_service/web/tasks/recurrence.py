"""How a task repeats, for people: in words, with the dates that come next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from contracts.names import App
from frontend_service.clients.service_client import Json, is_away
from frontend_service.web.request_context import Visit
from frontend_service.web.tasks.due import Due, tell_due
from frontend_service.web.tasks.recurrence_form import in_words
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

    task: Json
    words: str
    due: Due | None
    following: Sequence[Occurrence] = ()
    away: bool = False

    @property
    def written(self) -> str:
        """The repetition as the API has it, to set it again."""
        return as_text(self.task["recurrence"])


async def read_repetition(visit: Visit, id: str, now: datetime) -> Repetition:
    """Raises what reading the task raises."""
    task = await visit.backend.get(App.TASK, f"/tasks/{id}")
    due, recurrence = tell_due(task, now), task["recurrence"]
    if not recurrence:
        return Repetition(task, "", due)
    own_words = in_words(recurrence["rule"], recurrence["from"])
    try:
        found = (await visit.backend.get(App.TASK, f"/tasks/{id}/occurrences?count={NEXT}"))["items"]
    except ServiceError as error:
        if not is_away(error):
            raise
        return Repetition(task, own_words or "in a way of its own", due, away=True)
    said = found[0]["why"].partition("; ")[0] if found else ""
    following = [_occurrence(task, item, now) for item in found]
    return Repetition(task, own_words or said or "in a way of its own", due, following)


async def find_repetition(visit: Visit, id: str, now: datetime) -> Repetition | None:
    """None while it can't be read, or if the task is gone."""
    try:
        return await read_repetition(visit, id, now)
    except ServiceError as error:
        if error.status != 404 and not is_away(error):
            raise
        return None


def as_text(recurrence: Json) -> str:
    return orjson.dumps({name: recurrence[name] for name in HOW}).decode()


def _occurrence(task: Json, item: Json, now: datetime) -> Occurrence:
    due = tell_due(task | item, now)
    assert due
    return Occurrence(due, item["why"].partition("; ")[2])
