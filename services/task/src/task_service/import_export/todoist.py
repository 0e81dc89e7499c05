"""Todoist's CSV, one project a file, nested by INDENT; its backup is a zip of them."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.zones import ZONES
from task_service.import_export.csv_tables import read_table
from task_service.import_export.date_formats import MAX_WORDS, Dates
from task_service.import_export.limits import MAX_TASKS
from task_service.import_export.parsed_file import (
    Draft,
    ProjectDraft,
    Source,
    TooMuch,
    Unreadable,
    titled,
    whole_number,
)
from task_service.quickadd import Calendar, Understood, understand

MAX_INDENT = 10
FEW_LINES = 20
_LABEL = re.compile(r"(?<!\S)@([^\W\d_][^\s@]*)")
_PRIORITIES = {1: 4, 2: 3, 3: 2, 4: 0}
"""Theirs counts from 1, the most urgent; 4 is none."""
_LOST = {
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


def is_one(text: str) -> bool:
    """Whether a line at the top names the columns of Todoist's CSV."""
    head = text[:4096].removeprefix("\ufeff").split("\n", FEW_LINES)[:FEW_LINES]
    return any(_is_head(re.split(r'[,;\t|"]+', line.strip().strip('"'))) for line in head)


def read(text: str, project: str | None, calendar: Calendar) -> Source:
    """Dates in words are read as quick add reads them. Raises `Unreadable`."""
    source = Source("todoist-csv")
    _read_into(source, text, project or "Todoist", "project", calendar)
    return source


def read_backup(texts: Mapping[str, str], calendar: Calendar) -> Source:
    """texts: name of the file, which is that of its project with its number, → what is in it."""
    source = Source("todoist-csv")
    for name, text in texts.items():
        plain = _NUMBER.sub("", name.rpartition("/")[2].removesuffix(".csv")).strip()
        _read_into(source, text, plain or "Todoist", f"project {name}", calendar)
    return source


def _read_into(source: Source, text: str, name: str, key: str, calendar: Calendar) -> None:
    try:
        table = read_table(text, _is_head)
    except TooMuch:
        raise
    except Unreadable as error:
        raise Unreadable("Todoist's CSV has the columns TYPE and CONTENT.") from error
    source.add_project(key, ProjectDraft(name))
    names = [_OLD_NAMES.get(name, name) for name in (each.strip().upper() for each in table.names)]
    reading = _Reading(source, calendar, name, key)
    for number, (line, cells) in enumerate(table.rows):
        if number > 3 * MAX_TASKS:
            raise TooMuch("rows", 3 * MAX_TASKS)
        reading.take(dict.fromkeys(names, "") | dict(zip(names, cells, strict=False)), f"line {line}")


def _is_head(row: Sequence[str]) -> bool:
    return {"TYPE", "CONTENT"} <= {name.strip().upper() for name in row}


class _Reading:
    """Row by row: what a note or a deeper row belongs to is what was read last."""

    def __init__(self, source: Source, calendar: Calendar, name: str, key: str) -> None:
        self._source, self._report = source, source.report
        self._calendar = calendar
        self._dates = Dates((), calendar)
        self._name, self._project = name, key
        self._above: list[Draft] = []
        self._section = key
        self._seen: Counter[str] = Counter()
        self._understood: dict[str, Understood] = {}

    def take(self, row: Mapping[str, str], where: str) -> None:
        takers = {"task": self._task, "section": self._section_row, "note": self._note}
        kind = row["TYPE"].strip().lower()
        taker = takers.get(kind)
        if taker:
            taker(row, where)
        elif kind == "project_note":
            self._report.say(where, f"Not taken over: a comment of the project ({row['CONTENT'][:80]}).")
        elif kind and not kind.startswith("meta"):
            self._report.say(where, f"There is no such TYPE as {row['TYPE'][:40]!r}; left out.")

    def _section_row(self, row: Mapping[str, str], where: str) -> None:
        """A section is a project inside the project."""
        self._above = []
        self._section = f"{self._project} section {row['CONTENT']}"
        self._source.add_project(self._section, ProjectDraft(row["CONTENT"] or where, self._project))
        if row.get("DESCRIPTION", "").strip():
            self._report.say(where, f"Not taken over: what the section is for ({row['DESCRIPTION'][:80]}).")

    def _note(self, row: Mapping[str, str], where: str) -> None:
        if _ATTACHED.search(row["CONTENT"]):
            self._report.say(where, "Not taken over: an attachment; where it is stands in the notes.")
        if not self._above:
            self._report.say(where, "A note without a task before it; left out.")
            return
        fields = self._above[-1].fields
        notes = f"{fields['notes']}\n\n{row['CONTENT']}".strip()
        fields |= titled(fields["title"], notes, where, self._report)

    def _task(self, row: Mapping[str, str], where: str) -> None:
        content = row["CONTENT"].removeprefix("* ")
        left: list[str] = []
        fields = self._due(row, where, left) | {
            "labels": _LABEL.findall(content),
            "priority": self._priority(row, where),
        }
        notes = "\n".join(filter(None, [row.get("DESCRIPTION", ""), *left]))
        title = " ".join(_LABEL.sub("", content).split())
        indent = max(min(whole_number(row.get("INDENT", "").strip()) or 1, MAX_INDENT), 1)
        self._above = self._above[: indent - 1]
        if indent - 1 > len(self._above):
            self._report.say(where, "There is no task this one could be below; it is higher now.")
        draft = Draft(
            key=self._key(row),
            where=where,
            fields=fields | titled(title, notes, where, self._report),
            project=self._section,
            parent=self._above[-1].key if self._above else None,
        )
        self._above.append(draft)
        self._source.add_task(draft)
        self._tell_losses(row, where)

    def _tell_losses(self, row: Mapping[str, str], where: str) -> None:
        for column, what in _LOST.items():
            if row.get(column):
                self._report.say(where, f"Not taken over: {what} ({row[column][:80]}).")
        for column in row.keys() - _KNOWN - _LOST.keys():
            if row[column].strip():
                self._report.say(where, f"Left out: the column “{column[:40]}”.")

    def _priority(self, row: Mapping[str, str], where: str) -> int:
        said = row.get("PRIORITY", "").strip()
        found = _PRIORITIES.get(whole_number(said.lower().removeprefix("p")) or 0)
        if found is None and said:
            self._report.say(where, "The priority was not understood; it has none.")
        return found or 0

    def _due(self, row: Mapping[str, str], where: str, left: list[str]) -> dict[str, Any]:
        said = row.get("DATE", "").strip()
        if not said:
            return {}
        language = row.get("DATE_LANG", "").strip().lower()
        moment = self._dates.read(said)
        if moment and said[:1].isdigit():
            moment = moment.at(self._zone(row).get("time_zone", self._calendar.zone))
            clock = {"due_time": moment.clock} | self._zone(row) if moment.clock else {}
            return {"due_date": moment.day} | clock
        found = self._understand(said[:MAX_WORDS])
        if found.title != "x" or language not in ("", "en") or len(said) > MAX_WORDS:
            left.append(f"DATE: {said}")
            self._report.say(where, f"The date {said[:80]!r} was not understood; it is in the notes.")
            return {}
        return _when(found) | (self._zone(row) if found.due_time else {})

    def _understand(self, words: str) -> Understood:
        """Once for the same words, of which a file has few: "every monday"."""
        if words not in self._understood:
            self._understood[words] = understand(f"x {words}", self._calendar)
        return self._understood[words]

    def _zone(self, row: Mapping[str, str]) -> dict[str, Any]:
        """Only a date with a time is fixed to a zone."""
        zone = row.get("TIMEZONE", "").strip()
        return {"time_zone": zone} if zone in ZONES and zone != self._calendar.zone else {}

    def _key(self, row: Mapping[str, str]) -> str:
        above = self._above[-1].key if self._above else self._section.removeprefix(self._project)
        content = "\x1f".join([above, row["CONTENT"], row.get("DESCRIPTION", ""), row.get("DATE", "")])
        name = hashlib.sha256(content.encode(errors="replace")).hexdigest()[:24]
        self._seen[name] += 1
        return f"{self._name} {name} {self._seen[name]}"


def _when(found: Understood) -> dict[str, Any]:
    names = ("due_date", "due_time", "recurrence")
    return {name: getattr(found, name) for name in names if getattr(found, name) is not None}
