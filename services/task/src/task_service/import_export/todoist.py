"""Todoist's CSV, one project a file, nested by INDENT; its backup is a zip of them."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.zones import ZONES
from task_service.import_export.csv_tables import read_table
from task_service.import_export.date_formats import MAX_WORDS, DateColumn
from task_service.import_export.limits import MAX_TASKS
from task_service.import_export.parsed_file import (
    FileTooLarge,
    ImportedProject,
    ImportedTask,
    ParsedFile,
    UnreadableFile,
    fit_title_and_notes,
    parse_integer,
)
from task_service.quickadd import Calendar, ParsedTask, parse_text

MAX_INDENT = 10
FEW_LINES = 20
_LABEL = re.compile(r"(?<!\S)@([^\W\d_][^\s@]*)")
_PRIORITIES = {1: 4, 2: 3, 3: 2, 4: 0}
"""Theirs counts from 1, the most urgent; 4 is none."""
_UNSUPPORTED = {
    "RESPONSIBLE": "who is responsible",
    "DURATION": "how long it takes",
    "DEADLINE": "the deadline",
}
_OLD_NAMES = {"DUE_DATE": "DATE", "DUE_DATE_LANG": "DATE_LANG"}
"""As columns were called in files of some years ago."""
_NUMBER = re.compile(r"\s*\[\d{1,20}\]$")
_ATTACHED = re.compile(r"\[\[file\b")
_KNOWN = frozenset(
    (
        *("TYPE", "CONTENT", "DESCRIPTION", "PRIORITY", "INDENT", "AUTHOR", "DATE", "DATE_LANG", "TIMEZONE"),
        *("DURATION_UNIT", "DEADLINE_LANG", "IS_COLLAPSED"),
    )
)


def matches_format(text: str) -> bool:
    """Whether a line at the top names the columns of Todoist's CSV."""
    head = text[:4096].removeprefix("\ufeff").split("\n", FEW_LINES)[:FEW_LINES]
    return any(_is_header(re.split(r'[,;\t|"]+', line.strip().strip('"'))) for line in head)


def parse_csv(text: str, project: str | None, calendar: Calendar) -> ParsedFile:
    """Dates in words are read as quick add reads them. Raises `UnreadableFile`."""
    source = ParsedFile("todoist-csv")
    _parse_into(source, text, project or "Todoist", "project", calendar)
    return source


def parse_backup(texts: Mapping[str, str], calendar: Calendar) -> ParsedFile:
    """texts: name of the file, which is that of its project with its number, → what is in it."""
    source = ParsedFile("todoist-csv")
    for name, text in texts.items():
        plain = _NUMBER.sub("", name.rpartition("/")[2].removesuffix(".csv")).strip()
        _parse_into(source, text, plain or "Todoist", f"project {name}", calendar)
    return source


def _parse_into(source: ParsedFile, text: str, name: str, key: str, calendar: Calendar) -> None:
    try:
        table = read_table(text, _is_header)
    except FileTooLarge:
        raise
    except UnreadableFile as error:
        raise UnreadableFile("Todoist's CSV has the columns TYPE and CONTENT.") from error
    source.add_project(key, ImportedProject(name))
    names = [_OLD_NAMES.get(name, name) for name in (each.strip().upper() for each in table.names)]
    reading = _ProjectParser(source, calendar, name, key)
    for number, (line, cells) in enumerate(table.rows):
        if number > 3 * MAX_TASKS:
            raise FileTooLarge("rows", 3 * MAX_TASKS)
        reading.add_row(dict.fromkeys(names, "") | dict(zip(names, cells, strict=False)), f"line {line}")


def _is_header(row: Sequence[str]) -> bool:
    return {"TYPE", "CONTENT"} <= {name.strip().upper() for name in row}


class _ProjectParser:
    """Row by row: what a note or a deeper row belongs to is what was read last."""

    def __init__(self, source: ParsedFile, calendar: Calendar, name: str, key: str) -> None:
        self._source, self._report = source, source.report
        self._calendar = calendar
        self._dates = DateColumn((), calendar)
        self._name, self._project = name, key
        self._above: list[ImportedTask] = []
        self._section = key
        self._seen: Counter[str] = Counter()
        self._parsed: dict[str, ParsedTask] = {}

    def add_row(self, row: Mapping[str, str], where: str) -> None:
        takers = {"task": self._add_task, "section": self._add_section, "note": self._add_note}
        kind = row["TYPE"].strip().lower()
        taker = takers.get(kind)
        if taker:
            taker(row, where)
        elif kind == "project_note":
            self._report.add(where, f"Not imported: a comment of the project ({row['CONTENT'][:80]}).")
        elif kind and not kind.startswith("meta"):
            self._report.add(where, f"Skipped: unknown TYPE {row['TYPE'][:40]!r}.")

    def _add_section(self, row: Mapping[str, str], where: str) -> None:
        """A section is a project inside the project."""
        self._above = []
        self._section = f"{self._project} section {row['CONTENT']}"
        self._source.add_project(self._section, ImportedProject(row["CONTENT"] or where, self._project))
        if row.get("DESCRIPTION", "").strip():
            self._report.add(where, f"Not imported: what the section is for ({row['DESCRIPTION'][:80]}).")

    def _add_note(self, row: Mapping[str, str], where: str) -> None:
        if _ATTACHED.search(row["CONTENT"]):
            self._report.add(where, "Not imported: an attachment; where it is stands in the notes.")
        if not self._above:
            self._report.add(where, "Skipped: a note without a task before it.")
            return
        fields = self._above[-1].fields
        notes = f"{fields['notes']}\n\n{row['CONTENT']}".strip()
        fields |= fit_title_and_notes(fields["title"], notes, where, self._report)

    def _add_task(self, row: Mapping[str, str], where: str) -> None:
        content = row["CONTENT"].removeprefix("* ")
        left: list[str] = []
        fields = self._parse_due(row, where, left) | {
            "labels": _LABEL.findall(content),
            "priority": self._parse_priority(row, where),
        }
        notes = "\n".join(filter(None, [row.get("DESCRIPTION", ""), *left]))
        title = " ".join(_LABEL.sub("", content).split())
        indent = max(min(parse_integer(row.get("INDENT", "").strip()) or 1, MAX_INDENT), 1)
        self._above = self._above[: indent - 1]
        if indent - 1 > len(self._above):
            self._report.add(where, "There is no parent task at that indent; it was moved up.")
        draft = ImportedTask(
            key=self._derive_key(row),
            where=where,
            fields=fields | fit_title_and_notes(title, notes, where, self._report),
            project=self._section,
            parent=self._above[-1].key if self._above else None,
        )
        self._above.append(draft)
        self._source.add_task(draft)
        self._report_losses(row, where)

    def _report_losses(self, row: Mapping[str, str], where: str) -> None:
        for column, what in _UNSUPPORTED.items():
            if row.get(column):
                self._report.add(where, f"Not imported: {what} ({row[column][:80]}).")
        for column in row.keys() - _KNOWN - _UNSUPPORTED.keys():
            if row[column].strip():
                self._report.add(where, f"Skipped: the column “{column[:40]}”.")

    def _parse_priority(self, row: Mapping[str, str], where: str) -> int:
        text = row.get("PRIORITY", "").strip()
        found = _PRIORITIES.get(parse_integer(text.lower().removeprefix("p")) or 0)
        if found is None and text:
            self._report.add(where, "The priority was not understood; it has none.")
        return found or 0

    def _parse_due(self, row: Mapping[str, str], where: str, left: list[str]) -> dict[str, Any]:
        text = row.get("DATE", "").strip()
        if not text:
            return {}
        language = row.get("DATE_LANG", "").strip().lower()
        moment = self._dates.parse(text)
        if moment and text[:1].isdigit():
            moment = moment.in_zone(self._parse_zone(row).get("time_zone", self._calendar.zone))
            clock = {"due_time": moment.clock} | self._parse_zone(row) if moment.clock else {}
            return {"due_date": moment.day} | clock
        found = self._parse_words(text[:MAX_WORDS])
        if found.title != "x" or language not in ("", "en") or len(text) > MAX_WORDS:
            left.append(f"DATE: {text}")
            self._report.add(where, f"The date {text[:80]!r} was not understood; it is in the notes.")
            return {}
        return _due_fields(found) | (self._parse_zone(row) if found.due_time else {})

    def _parse_words(self, words: str) -> ParsedTask:
        """Once for the same words, of which a file has few: "every monday"."""
        if words not in self._parsed:
            self._parsed[words] = parse_text(f"x {words}", self._calendar)
        return self._parsed[words]

    def _parse_zone(self, row: Mapping[str, str]) -> dict[str, Any]:
        """Only a date with a time is fixed to a zone."""
        zone = row.get("TIMEZONE", "").strip()
        return {"time_zone": zone} if zone in ZONES and zone != self._calendar.zone else {}

    def _derive_key(self, row: Mapping[str, str]) -> str:
        above = self._above[-1].key if self._above else self._section.removeprefix(self._project)
        content = "\x1f".join([above, row["CONTENT"], row.get("DESCRIPTION", ""), row.get("DATE", "")])
        name = hashlib.sha256(content.encode(errors="replace")).hexdigest()[:24]
        self._seen[name] += 1
        return f"{self._name} {name} {self._seen[name]}"


def _due_fields(found: ParsedTask) -> dict[str, Any]:
    names = ("due_date", "due_time", "recurrence")
    return {name: getattr(found, name) for name in names if getattr(found, name) is not None}
