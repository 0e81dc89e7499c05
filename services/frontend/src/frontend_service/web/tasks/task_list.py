"""The list of tasks as the page shows it: open ones, done ones, and whether there are more."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from contracts.api.tasks import TaskRead
from frontend_service.clients.service_client import is_unavailable
from frontend_service.clients.task_client import TaskClient
from frontend_service.web.paging import PAGE, read_newest, within_limits
from frontend_service.web.tasks.due import Due, describe_due
from frontend_service.web.tasks.recurrence_form import describe_rule
from frontend_service.web.tasks.views import View
from servicekit.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Row:
    """One task."""

    task: TaskRead
    due: Due | None

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due.urgency == "overdue" and not self.task["done"]

    @property
    def repeats(self) -> str:
        """How it repeats, in words; empty for a task that doesn't."""
        recurrence = self.task["recurrence"]
        return (describe_rule(recurrence["rule"], recurrence["from"]) or "repeats") if recurrence else ""

    @property
    def state(self) -> str:
        """Says whether two rows of the same task look the same, in one word."""
        due = f"{self.due.text}{self.due.urgency}".replace(" ", "") if self.due else ""
        return f"{self.task['version']}{due}"


@dataclass(frozen=True, slots=True)
class TaskList:
    """The first `shown` tasks of a view. `away`: they can't be read right now.

    problem: why they can't be found at all, as the filter is wrong.
    """

    view: View = field(default_factory=View)
    shown: int = PAGE
    open: list[Row] = field(default_factory=list)
    done: list[Row] = field(default_factory=list)
    more: bool = False
    away: bool = False
    problem: str = ""
    ids: list[str] = field(default_factory=list)
    """Of all that are shown, in the order of the view."""

    @property
    def query(self) -> str:
        """The address of this list, after the question mark."""
        return self.view.query(shown=self.shown)

    @property
    def more_query(self) -> str:
        return self.view.query(shown=within_limits(self.shown + PAGE))


async def read_list(tasks: TaskClient, view: View, shown: int, now: datetime) -> TaskList:
    """The list; it says itself when the tasks can't be read, or what is asked for can't be understood."""
    shown = within_limits(shown)
    try:
        found, more = await read_newest(partial(tasks.list_tasks, view.task_query()), shown)
    except ServiceError as error:
        if error.status == 422:
            return TaskList(view, shown, problem=error.detail)
        if not is_unavailable(error):
            raise
        return TaskList(view, shown, away=True)
    rows = [build_row(task, now) for task in found]
    still_open = [row for row in rows if not row.task["done"]]
    done = [row for row in rows if row.task["done"]]
    return TaskList(view, shown, still_open, done, more, ids=[task["id"] for task in found])


def build_row(task: TaskRead, now: datetime) -> Row:
    return Row(task, describe_due(task, now))
