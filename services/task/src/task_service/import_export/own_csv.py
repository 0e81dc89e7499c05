"""CSV as `GET /export?format=csv` gives it."""

from collections.abc import Mapping, Sequence
from typing import Any

from task_service.import_export.csv_injection import unescape_cell
from task_service.import_export.parsed_file import (
    ImportedTask,
    ParsedFile,
    fit_title_and_notes,
    parse_instant,
)
from task_service.import_export.project_paths import ContentKeys, ProjectPaths
from task_service.import_export.vocabulary import DONE_WORDS, PriorityParser

COLUMNS = (
    *("id", "title", "notes", "done", "priority", "labels", "project", "parent_id", "due_date", "due_time"),
    *("time_zone", "rule", "rule_from", "rule_month_end", "rule_missed", "created_at", "completed_at"),
)
"""Those of our own export, in its order. Labels stand one a line; a project with those around it, by /."""


class OwnCsvParser:
    """Every cell is what it says."""

    def __init__(self, source: ParsedFile, project: str | None) -> None:
        self._source, self._project = source, project
        self._folders, self._keys = ProjectPaths(source), ContentKeys()

    def add_tasks(self, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
        for line, cells in rows:
            row = {name: unescape_cell(cell) for name, cell in zip(COLUMNS, cells, strict=False) if cell}
            self._add_row(row, f"line {line}")

    def _add_row(self, row: Mapping[str, str], where: str) -> None:
        priorities = PriorityParser(())
        fields: dict[str, Any] = fit_title_and_notes(
            row.get("title", ""), row.get("notes", ""), where, self._source.report
        )
        fields |= {name: row[name] for name in ("due_date", "due_time", "time_zone") if row.get(name)}
        fields["priority"] = priorities.parse(row["priority"]) or 0 if row.get("priority") else 0
        fields["labels"] = [label for label in row.get("labels", "").split("\n") if label.strip()]
        if row.get("rule"):
            how = {"from": "rule_from", "month_end": "rule_month_end", "missed": "rule_missed"}
            options = {name: row[column] for name, column in how.items() if row.get(column)}
            fields["recurrence"] = {"rule": row["rule"]} | options
        path = row.get("project")
        self._source.add_task(
            ImportedTask(
                key=row.get("id") or self._keys.of(row),
                where=where,
                fields=fields,
                project=self._folders.key_of_path(path) if path else self._folders.key([self._project or ""]),
                parent=row.get("parent_id"),
                done=row.get("done", "").strip().lower() in DONE_WORDS,
                created_at=parse_instant(row.get("created_at")),
                completed_at=parse_instant(row.get("completed_at")),
            )
        )
