"""Todoist's CSV, one project a file: task, section and note rows, nested by INDENT."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from task_service.quickadd import Calendar, Understood, understand
from task_service.transfer.source import Draft, ProjectDraft, Source, Unreadable, titled

MAX_INDENT = 10
_LABEL = re.compile(r"(?<!\S)@([^\W\d_][^\s@]*)")
_PRIORITIES = {"1": 4, "2": 3, "3": 2, "4": 0}
"""Theirs counts from 1, the most urgent; 4 is none."""
_LOST = {
    "RESPONSIBLE": "who is responsible",
    "DURATION": "how long it takes",
    "DEADLINE": "the deadline",
}


def read(text: str, project: str | None, calendar: Calendar) -> Source:
    """Dates in words are read as quick add reads them. Raises `Unreadable`."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    columns = {str(name).strip().upper() for name in rows.fieldnames or ()}
    if not {"TYPE", "CONTENT"} <= columns:
        raise Unreadable("Todoist's CSV has the columns TYPE and CONTENT.")
    source = Source("todoist-csv")
    name = project or "Todoist"
    source.projects["project"] = ProjectDraft(name)
    _Reading(source, calendar).take(rows)
    return source


class _Reading:
    """Row by row: what a note or a deeper row belongs to is what was read last."""

    def __init__(self, source: Source, calendar: Calendar) -> None:
        self._source = source
        self._calendar = calendar
        self._above: list[Draft] = []
        self._section: str = "project"
        self._seen: Counter[str] = Counter()

    def take(self, rows: "csv.DictReader[str]") -> None:
        takers = {"task": self._task, "section": self._section_row, "note": self._note}
        for row in _plain(rows):
            where = f"line {rows.line_num}"
            taker = takers.get(row.get("TYPE", ""))
            if taker:
                taker(row, where)
            elif row.get("TYPE") not in ("", "meta"):
                self._source.report.say(where, f"There is no such TYPE as {row['TYPE'][:40]!r}; left out.")

    def _section_row(self, row: Mapping[str, str], where: str) -> None:
        """A section is a project inside the project."""
        self._above = []
        self._section = f"section {row['CONTENT']}"
        self._source.projects[self._section] = ProjectDraft(row["CONTENT"] or where, "project")

    def _note(self, row: Mapping[str, str], where: str) -> None:
        if not self._above:
            self._source.report.say(where, "A note without a task before it; left out.")
            return
        fields = self._above[-1].fields
        notes = f"{fields['notes']}\n\n{row['CONTENT']}".strip()
        fields |= titled(fields["title"], notes, where, self._source.report)

    def _task(self, row: Mapping[str, str], where: str) -> None:
        content = row["CONTENT"].removeprefix("* ")
        labels = _LABEL.findall(content)
        words = titled(
            " ".join(_LABEL.sub("", content).split()), row.get("DESCRIPTION", ""), where, self._source.report
        )
        indent = min(int(row["INDENT"]), MAX_INDENT) if row.get("INDENT", "").isdecimal() else 1
        self._above = self._above[: max(indent - 1, 0)]
        if indent - 1 > len(self._above):
            self._source.report.say(where, "There is no task this one could be below; it is at the top.")
        draft = Draft(
            key=self._key(row),
            where=where,
            fields=words
            | {"labels": labels, "priority": _PRIORITIES.get(row.get("PRIORITY", ""), 0)}
            | self._due(row, where),
            project=self._section,
            parent=self._above[-1].key if self._above else None,
        )
        self._above.append(draft)
        self._source.tasks.append(draft)
        for column, what in _LOST.items():
            if row.get(column):
                self._source.report.say(where, f"Not taken over: {what} ({row[column][:80]}).")

    def _due(self, row: Mapping[str, str], where: str) -> dict[str, Any]:
        said = row.get("DATE", "").strip()
        if not said:
            return {}
        language = row.get("DATE_LANG", "").strip().lower()
        found = understand(f"x {said}", self._calendar)
        if found.title != "x" or language not in ("", "en"):
            self._source.report.say(where, f"The date {said[:80]!r} was not understood; it has none.")
            return {}
        return _when(found) | self._zone(row)

    def _zone(self, row: Mapping[str, str]) -> dict[str, Any]:
        """Only a date with a time is fixed to a zone."""
        zone = row.get("TIMEZONE", "").strip()
        return {"time_zone": zone} if zone and zone != self._calendar.zone else {}

    def _key(self, row: Mapping[str, str]) -> str:
        """The same for the same row of the same section, so that importing again adds nothing."""
        above = self._above[-1].key if self._above else self._section
        content = "\x1f".join([above, row["CONTENT"], row.get("DESCRIPTION", ""), row.get("DATE", "")])
        name = hashlib.sha256(content.encode()).hexdigest()[:24]
        self._seen[name] += 1
        return f"{self._source.projects['project'].name} {name} {self._seen[name]}"


def _when(found: Understood) -> dict[str, Any]:
    names = ("due_date", "due_time", "recurrence")
    return {name: getattr(found, name) for name in names if getattr(found, name) is not None}


def _plain(rows: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
    try:
        for row in rows:
            yield {
                str(name).strip().upper(): value or ""
                for name, value in row.items()
                if name is not None and not isinstance(value, list)
            }
    except csv.Error as error:
        raise Unreadable(f"The CSV can't be read: {error}") from error
