"""The content of a file in whatever format: tasks, projects, and a report of what could not be imported."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from task_service.import_export.limits import MAX_DIGITS, MAX_PROJECTS, MAX_TASKS

MAX_LINES = 500
"""Different things a report says; of the others only their number."""
MAX_PLACES = 3
"""Places that a line names, if the same is said of many."""
MAX_TITLE = 500
MAX_NOTES = 50_000
UNTITLED = "(untitled)"
_WHOLE = re.compile(r"[+-]?[0-9]+")


class ImportReport:
    """What could not be imported: where in the file, and what became of it.

    What is said of many places is one line, with the first places and how many more there are.
    """

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self._times: Counter[str] = Counter()
        self.more = 0

    def add(self, where: str, what: str) -> None:
        if what not in self._places and len(self._places) >= MAX_LINES:
            self.more += 1
            return
        self._times[what] += 1
        places = self._places.setdefault(what, [])
        if len(places) < MAX_PLACES:
            places.append(where)

    @property
    def lines(self) -> list[dict[str, str]]:
        return [{"where": self._format_places(what), "what": what} for what in self._places]

    def _format_places(self, what: str) -> str:
        places = self._places[what]
        rest = self._times[what] - len(places)
        return ", ".join(places) + (f" and {rest} more" if rest else "")


@dataclass(frozen=True, slots=True)
class Owner:
    """Into whose account a file comes; as much of `Principal` as reading it needs."""

    user_id: str
    time_zone: str
    week_start: str | None = None
    via: dict[str, Any] | None = None
    """The API token that brought it, as `task_service.activity_log.recorder` stores it."""


@dataclass(slots=True)
class ImportedProject:
    """A project of the file; `parent` is the key of another one."""

    name: str
    parent: str | None = None
    colour: str | None = None
    archived: bool = False
    position: str | None = None


@dataclass(slots=True)
class ImportedTask:
    """A task of the file. Its key is the same each time the file is read; others name it by that."""

    key: str
    where: str
    fields: dict[str, Any]
    """As the API takes them, not yet validated."""
    project: str | None = None
    parent: str | None = None
    done: bool = False
    created_at: datetime | None = None
    completed_at: datetime | None = None
    series: dict[str, Any] = field(default_factory=dict)
    """`series_id`, `occurrence`, `rule_from`, `rule_number` of a file of our own."""


@dataclass(slots=True)
class ParsedFile:
    """Everything of one file."""

    format: str
    projects: dict[str, ImportedProject] = field(default_factory=dict)
    tasks: list[ImportedTask] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    filters: list[dict[str, Any]] = field(default_factory=list)
    """As the API takes them, not yet validated; of a file of our own."""
    report: ImportReport = field(default_factory=ImportReport)

    def add_task(self, draft: "ImportedTask") -> None:
        """Raises `FileTooLarge`."""
        if len(self.tasks) >= MAX_TASKS:
            raise FileTooLarge("tasks", MAX_TASKS)
        self.tasks.append(draft)

    def add_project(self, key: str, draft: ImportedProject) -> None:
        """Add one unless it is there. Raises `FileTooLarge`."""
        if len(self.projects) >= MAX_PROJECTS and key not in self.projects:
            raise FileTooLarge("projects", MAX_PROJECTS)
        self.projects.setdefault(key, draft)


class UnreadableFile(ValueError):
    """This is no file of that format; says why, for a person."""


class FileTooLarge(UnreadableFile):
    """The file has more of something than one import takes."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"The file has more than {limit:,} {what}, the most one import takes.")


def parse_integer(value: Any) -> int | None:
    """A number of few digits, written as text or not; None for what is none."""
    if isinstance(value, str) and len(value) <= MAX_DIGITS and _WHOLE.fullmatch(value):
        return int(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and abs(value) < 10**MAX_DIGITS and value == int(value):
        return int(value)
    return None


def remove_unstorable(text: str) -> str:
    """`text` without what no database takes: U+0000, and halves of a character."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def fit_title_and_notes(title: str, notes: str, where: str, report: ImportReport) -> dict[str, Any]:
    """Title and notes that fit: what is too long goes on in the notes."""
    title, notes = remove_unstorable(title), remove_unstorable(notes)
    plain = title.strip()
    if len(plain) > MAX_TITLE:
        report.add(where, f"The title has more than {MAX_TITLE} characters; all of it is in the notes.")
        notes = f"{title}\n\n{notes}".strip()
        plain = plain[: MAX_TITLE - 1] + "…"
    if len(notes) > MAX_NOTES:
        report.add(where, f"The notes were cut off after {MAX_NOTES} characters.")
        notes = notes[:MAX_NOTES]
    return {"title": plain or UNTITLED, "notes": notes}


def parse_instant(value: Any) -> datetime | None:
    """An RFC 3339 time, or None for what is none; the year 1 stands for none, too."""
    try:
        found = datetime.fromisoformat(str(value))
        return found.astimezone(UTC) if found.tzinfo and found.year > 1 else None
    except (ValueError, OverflowError):
        return None


def parse_date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
