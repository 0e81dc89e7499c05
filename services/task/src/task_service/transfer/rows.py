"""The rows of a new task in every table, made away from any database.

They are what `POST /tasks` writes: the task, how it is found, its activity and its event.
"""

from typing import Any

from sqlmodel import SQLModel

from contracts.names import App
from servicekit.auth import Principal
from servicekit.outbox import OutboxRow
from task_service import derived, events
from task_service.history import tell
from task_service.models import Activity, Task, TaskLabel, TaskText

TABLES: tuple[type[SQLModel], ...] = (Task, TaskText, TaskLabel, Activity, OutboxRow)
Rows = dict[str, list[dict[str, Any]]]
"""Name of a table → its new rows, each column → value."""


class _Collected:
    """As much of a session as recording needs: it keeps what is added."""

    def __init__(self, user: Principal) -> None:
        self.info: dict[str, Any] = {"app": App.TASK, "principal": user}
        self.added: list[SQLModel] = []

    def add(self, row: SQLModel) -> None:
        self.added.append(row)


def rows_of(tasks: list[Task], user: Principal) -> Rows:
    """The rows of these tasks, which `user` adds; each table's in the order of the tasks."""
    session = _Collected(user)
    for task in tasks:
        session.added += [task, *derived.rows_of(task)]
        tell(session, task, events.created(task))  # type: ignore[arg-type]  # adds and looks at info only
    found: Rows = {str(model.__tablename__): [] for model in TABLES}
    for row in session.added:
        found[str(row.__tablename__)].append(_values(row))
    return found


def _values(row: SQLModel) -> dict[str, Any]:
    return row.model_dump(exclude={"seq"} if isinstance(row, OutboxRow) else None)
