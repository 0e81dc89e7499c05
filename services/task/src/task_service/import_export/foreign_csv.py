"""CSV of other programs: cells are read in the forms that programs and people write."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.zones import ZONES
from task_service.import_export import column_names
from task_service.import_export.csv_tables import Table
from task_service.import_export.date_formats import DateColumn, ParsedDateTime, parse_time
from task_service.import_export.parsed_file import (
    ImportedTask,
    ParsedFile,
    fit_title_and_notes,
)
from task_service.import_export.project_paths import ContentKeys, ProjectPaths
from task_service.import_export.reminder_triggers import parse_triggers
from task_service.import_export.vocabulary import DONE_WORDS, OPEN_WORDS, PriorityParser
from task_service.quickadd import Calendar

DATE_COLUMNS = ("due_date", "completed_at", "created_at", "reminders")
_BETWEEN_LABELS = re.compile(r"[,;\n]")
_RULE = re.compile(r"(?:RRULE:)?(FREQ=.+)", re.I)


class ForeignCsvParser:
    """Cells are read in the forms that programs and people write; what can't be read goes to the notes."""

    def __init__(
        self,
        source: ParsedFile,
        project: str | None,
        calendar: Calendar,
        table: Table,
        rows: Sequence[tuple[int, Sequence[str]]],
    ) -> None:
        self._source, self._report = source, source.report
        self._project, self._calendar = project, calendar
        self._names = [name.strip() for name in table.names]
        self._columns, self._beside = column_names.map_columns(table.names)
        self._rows = [(line, cells, self._name_cells(cells)) for line, cells in rows]
        self._dates = {name: self._read_column(name) for name in DATE_COLUMNS}
        self._priorities = PriorityParser(row.get("priority", "") for *_, row in self._rows)
        self._folders, self._keys = ProjectPaths(source), ContentKeys()
        ids = Counter(row["id"] for *_, row in self._rows if row.get("id"))
        self._ids = {id for id, times in ids.items() if times == 1}
        self._titles: dict[str, str] = {}

    def add_tasks(self) -> None:
        for line, cells, row in self._rows:
            self._add_row(f"line {line}", cells, row)
        known = {draft.key for draft in self._source.tasks}
        for draft in self._source.tasks:
            if draft.parent and draft.parent not in known:
                draft.parent = self._titles.get(draft.parent, draft.parent)

    def _name_cells(self, cells: Sequence[str]) -> dict[str, str]:
        return {
            column: cell if column == "notes" else cell.strip()
            for column, cell in zip(self._columns, cells, strict=False)
            if column and cell.strip()
        }

    def _read_column(self, name: str) -> DateColumn:
        dates = DateColumn((row[name] for *_, row in self._rows if row.get(name)), self._calendar)
        if dates.is_ambiguous or dates.is_mixed:
            first = "month" if dates.month_first else "day"
            why = "only the one way, others only the other" if dates.is_mixed else "both ways"
            message = f"Its dates can be read {why}; in doubt, the {first} was taken to come first."
            self._report.add(f"column “{self._names[self._columns.index(name)][:40]}”", message)
        return dates

    def _add_row(self, where: str, cells: Sequence[str], row: Mapping[str, str]) -> None:
        left: list[str] = []
        completed_at = self._parse_instant(row, "completed_at", where, left)
        done, when = self._parse_done(row, where, left)
        fields = self._parse_due(row, where, left) | {
            "priority": self._parse_priority(row, where, left),
            "labels": self._split_labels(row.get("labels", "")),
        }
        if row.get("rule"):
            fields |= self._parse_rule(row, where, left)
        if row.get("reminders"):
            fields |= self._parse_reminders(row, fields, where, left)
        left += self._collect_unmapped(where, cells, row)
        notes = "\n".join(filter(None, [_convert_checkboxes(row.get("notes", "")), *left]))
        key = row["id"] if row.get("id") in self._ids else self._keys.of(row)
        if row.get("title"):
            self._titles.setdefault(row["title"], key)
        self._source.add_task(
            ImportedTask(
                key=key,
                where=where,
                fields=fields | fit_title_and_notes(row.get("title", ""), notes, where, self._report),
                project=self._find_project(row),
                parent=row.get("parent_id"),
                done=done or completed_at is not None,
                created_at=self._parse_instant(row, "created_at", where, []),
                completed_at=completed_at or when,
            )
        )

    def _keep_in_notes(
        self, row: Mapping[str, str], column: str, where: str, left: list[str], what: str
    ) -> None:
        """Put the text of a cell that can't be read in the notes, and say so."""
        name = self._names[self._columns.index(column)]
        left.append(f"{name}: {row[column]}")
        self._report.add(where, f"{what} in the column “{name[:40]}” was not understood; it is in the notes.")

    def _collect_unmapped(self, where: str, cells: Sequence[str], row: Mapping[str, str]) -> list[str]:
        """What stands in columns that mean nothing here, or what another column means more exactly."""
        found = []
        for place, cell in enumerate(cells):
            if (place < len(self._columns) and self._columns[place]) or not cell.strip():
                continue
            name = self._names[place] if place < len(self._names) else ""
            meaning = self._beside.get(place)
            if meaning is None:
                message = f"Skipped: the column “{name[:40]}”." if name else "Skipped: a cell without a name."
                self._report.add(where, message)
            elif not _is_same_value(cell.strip(), row.get(meaning, "")):
                main = self._names[self._columns.index(meaning)]
                found.append(f"{name}: {cell.strip()}")
                message = f"“{main[:40]}” is more specific; the value of “{name[:40]}” is in the notes."
                self._report.add(where, message)
        return found

    def _parse_done(self, row: Mapping[str, str], where: str, left: list[str]) -> tuple[bool, Any]:
        text = row.get("done", "").casefold()
        if text in DONE_WORDS:
            return True, None
        moment = (
            self._dates["completed_at"].parse(text) if text not in OPEN_WORDS and text[:1].isdigit() else None
        )
        if moment:
            return True, moment.to_utc(self._calendar.zone)
        if text not in OPEN_WORDS:
            self._keep_in_notes(row, "done", where, left, "The text")
        return False, None

    def _parse_priority(self, row: Mapping[str, str], where: str, left: list[str]) -> int:
        if not row.get("priority"):
            return 0
        found = self._priorities.parse(row["priority"])
        if found is None:
            self._keep_in_notes(row, "priority", where, left, "The priority")
        return found or 0

    def _parse_due(self, row: Mapping[str, str], where: str, left: list[str]) -> dict[str, Any]:
        if not row.get("due_date"):
            if row.get("due_time"):
                self._keep_in_notes(row, "due_time", where, left, "A time without a date")
            return {}
        found = self._dates["due_date"].parse(row["due_date"])
        if found is None:
            self._keep_in_notes(row, "due_date", where, left, "The date")
            return {}
        zone = self._parse_zone(row, where)
        found = found.in_zone(zone)
        fields: dict[str, Any] = {"due_date": found.day}
        clock = self._parse_clock(row, found, where, left)
        if clock:
            fields |= {"due_time": clock} | ({"time_zone": zone} if zone != self._calendar.zone else {})
        return fields

    def _parse_zone(self, row: Mapping[str, str], where: str) -> str:
        zone = row.get("time_zone") or self._calendar.zone
        if zone in ZONES:
            return zone
        self._report.add(where, "Skipped: the time zone, which is not an IANA zone.")
        return self._calendar.zone

    def _parse_clock(self, row: Mapping[str, str], found: ParsedDateTime, where: str, left: list[str]) -> Any:
        if row.get("all_day", "").casefold() in DONE_WORDS:
            return None
        if row.get("due_time"):
            clock = parse_time(row["due_time"])
            if clock is None:
                self._keep_in_notes(row, "due_time", where, left, "The time")
            return clock or found.clock
        return found.clock

    def _parse_instant(self, row: Mapping[str, str], name: str, where: str, left: list[str]) -> Any:
        if not row.get(name):
            return None
        found = self._dates[name].parse(row[name])
        if found is None:
            self._keep_in_notes(row, name, where, left, "The date")
        return found.to_utc(self._calendar.zone) if found else None

    def _parse_rule(self, row: Mapping[str, str], where: str, left: list[str]) -> dict[str, Any]:
        match = _RULE.fullmatch(row["rule"].strip())
        if match:
            return {"recurrence": {"rule": match[1].upper()}}
        if row["rule"].casefold() not in OPEN_WORDS | {"none", "never"}:
            self._keep_in_notes(row, "rule", where, left, "The recurrence")
        return {}

    def _parse_reminders(
        self, row: Mapping[str, str], fields: Mapping[str, Any], where: str, left: list[str]
    ) -> dict[str, Any]:
        zone = fields.get("time_zone", self._calendar.zone)
        moment = self._dates["reminders"].parse(row["reminders"])
        if moment and moment.clock:
            at = moment.to_utc(zone)
            found = [{"at": at.isoformat()}] if at and "recurrence" not in fields else None
        else:
            due = (
                ParsedDateTime(fields["due_date"], fields.get("due_time")) if fields.get("due_date") else None
            )
            found = parse_triggers(row["reminders"], due, zone, repeats="recurrence" in fields)
        if found is None:
            self._keep_in_notes(row, "reminders", where, left, "The reminder")
        return {"reminders": found} if found else {}

    def _split_labels(self, text: str) -> list[str]:
        return [label for part in _BETWEEN_LABELS.split(text) if (label := part.strip().lstrip("#@").strip())]

    def _find_project(self, row: Mapping[str, str]) -> str | None:
        if row.get("folder"):
            return self._folders.key([row["folder"], row.get("project", "")])
        if row.get("project"):
            return self._folders.key_of_path(row["project"])
        return self._folders.key([self._project or ""])


def _convert_checkboxes(notes: str) -> str:
    """Lines to be ticked as TickTick writes them."""
    return notes.replace("▫", "[ ] ").replace("▪", "[x] ")


def _is_same_value(other: str, main: str) -> bool:
    return other.casefold() == main.casefold() or (other.casefold() in OPEN_WORDS | DONE_WORDS and main != "")
