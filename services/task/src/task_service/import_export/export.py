"""Everything of an account as a stream: JSON, CSV or iCalendar, a page of tasks at a time."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from servicekit.persistence.database import Database
from servicekit.security.auth import Principal
from task_service.import_export import ical_writer, todo_json
from task_service.import_export.csv_injection import escape_cell
from task_service.import_export.own_csv import COLUMNS
from task_service.import_export.project_paths import SLASH, escape_name
from task_service.import_export.schemas import ActivityOfTask
from task_service.labels.schemas import LabelRead
from task_service.models import Activity, Label, Project, SavedFilter, Task
from task_service.projects.schemas import ProjectRead
from task_service.saved_filters.schemas import FilterRead
from task_service.tasks.schemas import TaskRead
from task_service.unit_of_work.unit import UnitOfWork

PAGE = 500
SMALL_PAGE = 50

ExportPart = Literal["tasks", "trash", "activity"]
Components = Literal["event", "todo", "both"]
Pages = Callable[[Database], AsyncIterator[Sequence[Task]]]


@dataclass(frozen=True, slots=True)
class CalendarOptions:
    """Which tasks a calendar holds, and as what. zone: where the user lives; project: an id."""

    zone: str
    components: Components = "both"
    open_only: bool = False
    project: str | None = None
    pages: Pages | None = None
    """What to take the tasks from, instead of all of them."""
    name: str = "Tasks"

    def includes(self, task: Task) -> bool:
        return not (self.open_only and task.done) and self.project in (None, task.project_id)


async def export_json(database: Database, user: Principal) -> AsyncIterator[bytes]:
    """What `own` reads."""
    async with database.reading() as session:
        exports = UnitOfWork(session, user).exports
        projects = await exports.list_projects()
        labels = await exports.list_all(Label)
        filters = await exports.list_all(SavedFilter)
    head = {
        "format": todo_json.FORMAT_NAME,
        "version": todo_json.FORMAT_VERSION,
        "exported_at": datetime.now(UTC),
        "projects": [ProjectRead.model_validate(each).model_dump(mode="json") for each in projects],
        "labels": [LabelRead.model_validate(each).model_dump(mode="json") for each in labels],
        "filters": [FilterRead.model_validate(each).model_dump(mode="json") for each in filters],
    }
    yield orjson.dumps(head)[:-1] + b',"tasks":['
    separator = b"\n"
    async for page in _iterate_pages(database, user):
        for task in page:
            yield separator + orjson.dumps(_present_task(task))
            separator = b",\n"
    yield b"\n]}\n"


async def read_export_page(
    unit: UnitOfWork, of: ExportPart, last: str
) -> tuple[list[dict[str, Any]], str | None]:
    """A few tasks or activities after the id `last`, and the id to go on after; None at the end.

    Few, because their notes can be long: a page has some megabytes at most.
    """
    rows: Sequence[Task | Activity]
    if of == "activity":
        rows = await unit.exports.list_activity_after(last, SMALL_PAGE)
        items = [ActivityOfTask.model_validate(row).model_dump(mode="json") for row in rows]
    else:
        rows = await unit.exports.list_tasks_after(last, SMALL_PAGE, trashed=of == "trash")
        items = [_present_task(task) for task in rows]
    return items, rows[-1].id if len(rows) == SMALL_PAGE else None


async def export_csv(database: Database, user: Principal) -> AsyncIterator[bytes]:
    """What `spreadsheet` reads."""
    async with database.reading() as session:
        names = _build_project_paths(await UnitOfWork(session, user).exports.list_projects())
    yield _write_csv_line(COLUMNS)
    async for page in _iterate_pages(database, user):
        for task in page:
            row = _build_csv_row(task, names)
            yield _write_csv_line([row[name] for name in COLUMNS])


async def export_ical(database: Database, user: Principal, choice: CalendarOptions) -> AsyncIterator[bytes]:
    """One VCALENDAR with what `choice` says of each task, written beside the event loop."""
    async with database.reading() as session:
        exports = UnitOfWork(session, user).exports
        zones = await exports.list_zones()
        projects = {each.id: each.name for each in await exports.list_projects()}
    name = projects.get(choice.project or "", choice.name)
    yield await asyncio.to_thread(ical_writer.write_header, zones, name)
    pages = choice.pages(database) if choice.pages else _iterate_pages(database, user)
    async for page in pages:
        tasks = [task for task in page if choice.includes(task)]
        yield await asyncio.to_thread(
            ical_writer.write_tasks, tasks, choice.components, choice.zone, projects
        )
    yield ical_writer.END


async def _iterate_pages(database: Database, user: Principal) -> AsyncIterator[Sequence[Task]]:
    last = ""
    while True:
        async with database.reading() as session:
            page = await UnitOfWork(session, user).exports.list_tasks_after(last, PAGE)
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = page[-1].id


def _present_task(task: Task) -> dict[str, Any]:
    shown = TaskRead.model_validate(task).model_dump(mode="json", by_alias=True)
    return shown | {"rule_from": task.rule_from, "rule_number": task.rule_number}


def _build_project_paths(projects: Sequence[Project]) -> dict[str, str]:
    """Id → names from the top, by slashes; before a slash in a name stands a backslash."""
    by_id = {project.id: project for project in projects}

    def path(id: str) -> str:
        project = by_id[id]
        name = escape_name(project.name)
        return f"{path(project.parent_id)}{SLASH}{name}" if project.parent_id in by_id else name

    return {id: path(id) for id in by_id}


def _build_csv_row(task: Task, projects: Mapping[str, str]) -> dict[str, Any]:
    recurrence = task.recurrence or {}
    return {
        **{name: getattr(task, name) for name in COLUMNS if name in Task.model_fields},
        "labels": "\n".join(label.replace("\n", " ") for label in task.labels),
        "done": "true" if task.done else "",
        "priority": task.priority or "",
        "project": projects.get(task.project_id or "", ""),
        "rule": recurrence.get("rule"),
        "rule_from": recurrence.get("from"),
        "rule_month_end": recurrence.get("month_end"),
        "rule_missed": recurrence.get("missed"),
        "created_at": task.created_at.isoformat(),
        "completed_at": task.completed_at.isoformat() if task.completed_at else "",
    }


def _write_csv_line(cells: Sequence[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(["" if cell is None else escape_cell(str(cell)) for cell in cells])
    return out.getvalue().encode()
