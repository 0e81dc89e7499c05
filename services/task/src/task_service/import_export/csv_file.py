"""CSV with a line that names the columns: our own export, or that of another program."""

from collections.abc import Sequence

from task_service.import_export import column_names
from task_service.import_export.csv_tables import Table, read_table
from task_service.import_export.foreign_csv import ForeignCsvParser
from task_service.import_export.limits import MAX_TASKS
from task_service.import_export.own_csv import COLUMNS, OwnCsvParser
from task_service.import_export.parsed_file import (
    FileTooLarge,
    ParsedFile,
)
from task_service.quickadd import Calendar


def parse_csv(text: str, project: str | None, calendar: Calendar) -> ParsedFile:
    """A title is all a row needs. Raises `UnreadableFile`."""
    source = ParsedFile("csv")
    table = read_table(text, column_names.is_header)
    rows = _skip_empty_rows(table)
    if tuple(table.names) == COLUMNS:
        OwnCsvParser(source, project).add_tasks(rows)
    else:
        ForeignCsvParser(source, project, calendar, table, rows).add_tasks()
    return source


def _skip_empty_rows(table: Table) -> list[tuple[int, Sequence[str]]]:
    """The rows that are not empty. Raises `FileTooLarge`."""
    rows: list[tuple[int, Sequence[str]]] = []
    for line, row in table.rows:
        if any(cell.strip() for cell in row):
            if len(rows) >= MAX_TASKS:
                raise FileTooLarge("tasks", MAX_TASKS)
            rows.append((line, row))
    return rows
