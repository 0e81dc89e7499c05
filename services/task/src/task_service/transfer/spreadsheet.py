"""CSV with a header: ours, as `GET /export?format=csv` gives it, and those of others with the usual names."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from task_service.quickadd import Calendar, understand
from task_service.transfer.source import Draft, ProjectDraft, Source, Unreadable, instant, titled

COLUMNS = (
    *("id", "title", "notes", "done", "priority", "labels", "project", "parent_id", "due_date", "due_time"),
    *("time_zone", "rule", "rule_from", "rule_month_end", "rule_missed", "created_at", "completed_at"),
)
"""Those of our own export, in its order. Labels stand one a line; a project with those around it, by /."""
_NAME_IN_PATH = re.compile(r"(?:\\[\\/]|[^/])+")
_NAMES = {
    **{name: name for name in COLUMNS},
    **{"task": "title", "name": "title", "content": "title", "summary": "title", "subject": "title"},
    **{"description": "notes", "note": "notes", "details": "notes"},
    **{"due": "due_date", "date": "due_date", "deadline": "due_date", "duedate": "due_date"},
    **{"tags": "labels", "label": "labels", "tag": "labels", "list": "project", "folder": "project"},
    **{
        "completed": "done",
        "status": "done",
        "time": "due_time",
        "time zone": "time_zone",
        "parent": "parent_id",
    },
}
_ESCAPED = re.compile(r"\\([\\/])")
_TRUE = frozenset({"true", "yes", "y", "1", "x", "done", "completed", "complete", "✓"})
_PRIORITIES = {"none": 0, "low": 1, "medium": 2, "normal": 2, "high": 3, "urgent": 4}
SLASH = "/"


def escaped(name: str) -> str:
    """The name of a project as a part of a path."""
    return name.replace("\\", "\\\\").replace(SLASH, f"\\{SLASH}")


def read(text: str, project: str | None, calendar: Calendar) -> Source:
    """A title is all a row needs. Raises `Unreadable`."""
    rows = csv.reader(io.StringIO(text, newline=""))
    source = Source("csv")
    try:
        header = next(rows, [])
        columns = [
            _NAMES.get(name.strip().lower().replace("_", " "), _NAMES.get(name.strip().lower()))
            for name in header
        ]
        if "title" not in columns:
            raise Unreadable("The first line of the CSV names its columns; one is called title.")
        unknown = [name for name, column in zip(header, columns, strict=True) if column is None]
        if unknown:
            source.report.say("line 1", f"Columns that are not known: {', '.join(unknown)[:200]}.")
        reading = _Reading(source, project, calendar, is_ours=tuple(header) == COLUMNS)
        for row in rows:
            named = {
                column: value if column == "notes" else value.strip()
                for column, value in zip(columns, row, strict=False)
                if column and (value.strip() or (column == "notes" and value))
            }
            if any(value.strip() for value in named.values()):
                reading.take(named, f"line {rows.line_num}")
    except csv.Error as error:
        raise Unreadable(f"The CSV can't be read: {error}") from error
    return source


class _Reading:
    def __init__(self, source: Source, project: str | None, calendar: Calendar, *, is_ours: bool) -> None:
        self._source = source
        self._is_ours = is_ours
        self._project = project
        self._calendar = calendar
        self._seen: Counter[str] = Counter()

    def take(self, row: Mapping[str, str], where: str) -> None:
        report = self._source.report
        words = titled(row.get("title", ""), row.get("notes", ""), where, report)
        fields = words | self._priority(row, where) | self._due(row, where)
        fields["labels"] = self._labels(row.get("labels", ""))
        if row.get("rule"):
            how = {"from": "rule_from", "month_end": "rule_month_end", "missed": "rule_missed"}
            said = {name: row[column] for name, column in how.items() if row.get(column)}
            fields["recurrence"] = {"rule": row["rule"]} | said
        self._source.tasks.append(
            Draft(
                key=row.get("id") or self._key(row),
                where=where,
                fields=fields,
                project=self._folder(row.get("project") or self._project),
                parent=row.get("parent_id"),
                done=row.get("done", "").lower() in _TRUE,
                created_at=instant(row.get("created_at")),
                completed_at=instant(row.get("completed_at")),
            )
        )

    def _priority(self, row: Mapping[str, str], where: str) -> dict[str, Any]:
        said = row.get("priority", "").lower()
        if said in _PRIORITIES:
            return {"priority": _PRIORITIES[said]}
        if said.isdecimal() and int(said) <= 4:
            return {"priority": int(said)}
        if said:
            self._source.report.say(where, f"The priority {said[:40]!r} was not understood; it has none.")
        return {}

    def _due(self, row: Mapping[str, str], where: str) -> dict[str, Any]:
        """ISO dates and times, or words as quick add reads them."""
        zone = {"time_zone": row["time_zone"]} if row.get("time_zone") else {}
        if self._is_ours:
            return {name: row[name] for name in ("due_date", "due_time") if row.get(name)} | zone
        said = " ".join(filter(None, [row.get("due_date"), (row.get("due_time") or "")[:5]]))
        if not said:
            return {}
        found = understand(f"x {said.replace('T', ' ') if said[:4].isdecimal() else said}", self._calendar)
        if found.title != "x" or found.due_date is None:
            self._source.report.say(where, f"The date {said[:80]!r} was not understood; it has none.")
            return {}
        clock = {"due_time": found.due_time} if found.due_time else {}
        return {"due_date": found.due_date} | clock | zone

    def _labels(self, text: str) -> list[str]:
        parts = text.split("\n") if self._is_ours else text.replace(",", "\n").splitlines()
        return [label for label in (part.strip() for part in parts) if label]

    def _folder(self, path: str | None) -> str | None:
        """The key of a project: its names from the top, by slashes."""
        if not path:
            return None
        parent = None
        for part in filter(None, (part.strip() for part in _NAME_IN_PATH.findall(path))):
            key = f"{parent}{SLASH}{part}" if parent else part
            name = _ESCAPED.sub(r"\1", part)
            self._source.projects.setdefault(key, ProjectDraft(name, parent))
            parent = key
        return parent

    def _key(self, row: Mapping[str, str]) -> str:
        content = "\x1f".join(f"{name}={value}" for name, value in sorted(row.items()) if name != "done")
        name = hashlib.sha256(content.encode()).hexdigest()[:24]
        self._seen[name] += 1
        return f"{name} {self._seen[name]}"
