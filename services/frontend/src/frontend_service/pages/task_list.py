"""The list of tasks as the page shows it: open ones, done ones, and whether there are more."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.names import App
from frontend_service.pages.backend import Backend, is_away
from frontend_service.pages.due import Due, tell_due
from frontend_service.pages.paging import PAGE, read_newest, within_limits
from servicekit.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Row:
    """One task."""

    task: dict[str, Any]
    due: Due | None

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due.urgency == "overdue" and not self.task["done"]


@dataclass(frozen=True, slots=True)
class TaskList:
    """The newest `shown` of all tasks. `away`: they can't be read right now."""

    shown: int = PAGE
    open: list[Row] = field(default_factory=list)
    done: list[Row] = field(default_factory=list)
    more: bool = False
    away: bool = False

    @property
    def next_shown(self) -> int:
        return within_limits(self.shown + PAGE)


async def read_list(backend: Backend, shown: int, now: datetime) -> TaskList:
    """The list; it says itself when the tasks can't be read."""
    shown = within_limits(shown)
    try:
        tasks, more = await read_newest(backend, App.TASK, "/tasks", shown)
    except ServiceError as error:
        if not is_away(error):
            raise
        return TaskList(shown, away=True)
    rows = [row_of(task, now) for task in tasks]
    still_open = [row for row in rows if not row.task["done"]]
    done = [row for row in rows if row.task["done"]]
    return TaskList(shown, still_open, done, more)


def row_of(task: dict[str, Any], now: datetime) -> Row:
    return Row(task, tell_due(task, now))
