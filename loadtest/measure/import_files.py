"""Files as people import them: our own CSV, and Todoist's."""

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from task_service.import_export.own_csv import COLUMNS

FIRST_DAY = date(2026, 5, 1)
CREATED = "2026-04-01T08:00:00+00:00"
NOTES = "Ask at the counter; the form is in the blue folder, the number on its first page."


def pack_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """CSV, packed as a file over 1 MiB has to be."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return gzip.compress(text.getvalue().encode(), mtime=0)


def own_csv(tasks: int) -> bytes:
    """Ten projects, twenty labels; half of the tasks have a date, a third is done."""
    return pack_csv([COLUMNS, *map(_own_row, range(tasks))])


def todoist_csv(tasks: int) -> bytes:
    """One project; each fifth task has a description, each tenth lies below the one before it."""
    head = ["TYPE", "CONTENT", "DESCRIPTION", "PRIORITY", "INDENT", "AUTHOR", "RESPONSIBLE", "DATE"]
    return pack_csv([[*head, "DATE_LANG", "TIMEZONE"], *map(_todoist_row, range(tasks))])


def labelled_csv(tasks: int, *, label: str, project: str) -> bytes:
    """All of one project and with one label."""
    rows = [[f"Call number {number}", label, project] for number in range(tasks)]
    return pack_csv([["title", "labels", "project"], *rows])


FILES: dict[str, Callable[[int], bytes]] = {"our CSV": own_csv, "Todoist's CSV": todoist_csv}


def _own_row(number: int) -> list[object]:
    is_done = number % 3 == 0
    cells = {
        "id": f"call-{number}",
        "title": f"Call number {number}",
        "notes": NOTES if number % 5 == 0 else "",
        "done": str(is_done).lower(),
        "priority": number % 5,
        "labels": "" if is_done else f"label {number % 20}",
        "project": f"Project {number % 10}",
        "due_date": _format_day(number) if number % 2 else "",
        "created_at": CREATED,
        "completed_at": CREATED if is_done else "",
    }
    return [cells.get(name, "") for name in COLUMNS]


def _todoist_row(number: int) -> list[object]:
    content = f"Call number {number}" + (f" @label{number % 20}" if number % 3 else "")
    notes = NOTES if number % 5 == 0 else ""
    due = ("", _format_day(number), "every monday", "")[number % 4]
    indent = 2 if number % 10 == 9 else 1
    return ["task", content, notes, number % 4 + 1, indent, "Ada (1)", "", due, "en", "Europe/Berlin"]


def _format_day(number: int) -> str:
    return (FIRST_DAY + timedelta(days=number * 7919 % 400)).isoformat()
