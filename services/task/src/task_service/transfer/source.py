"""What is read from a file, whatever its format: tasks, projects, and what could not be taken over."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

MAX_LINES = 500
"""Lines of a report that are kept; of the others only their number."""
MAX_TITLE = 500
MAX_NOTES = 50_000
UNTITLED = "(untitled)"


@dataclass(slots=True)
class Report:
    """What could not be taken over: where in the file, and what became of it."""

    lines: list[dict[str, str]] = field(default_factory=list)
    more: int = 0

    def say(self, where: str, what: str) -> None:
        if len(self.lines) < MAX_LINES:
            self.lines.append({"where": where, "what": what})
        else:
            self.more += 1


@dataclass(slots=True)
class ProjectDraft:
    """A project of the file; `parent` is the key of another one."""

    name: str
    parent: str | None = None
    colour: str | None = None
    archived: bool = False
    position: str | None = None


@dataclass(slots=True)
class Draft:
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
class Source:
    """Everything of one file."""

    format: str
    projects: dict[str, ProjectDraft] = field(default_factory=dict)
    tasks: list[Draft] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    filters: list[dict[str, Any]] = field(default_factory=list)
    """As the API takes them, not yet validated; of a file of our own."""
    report: Report = field(default_factory=Report)


class Unreadable(ValueError):
    """This is no file of that format; says why, for a person."""


def titled(title: str, notes: str, where: str, report: Report) -> dict[str, Any]:
    """Title and notes that fit: what is too long goes on in the notes."""
    title, notes = title.replace("\x00", ""), notes.replace("\x00", "")
    plain = title.strip()
    if len(plain) > MAX_TITLE:
        report.say(where, f"The title has more than {MAX_TITLE} characters; all of it is in the notes.")
        notes = f"{title}\n\n{notes}".strip()
        plain = plain[: MAX_TITLE - 1] + "…"
    if len(notes) > MAX_NOTES:
        report.say(where, f"The notes were cut off after {MAX_NOTES} characters.")
        notes = notes[:MAX_NOTES]
    return {"title": plain or UNTITLED, "notes": notes}


def instant(value: Any) -> datetime | None:
    """An RFC 3339 time, or None for what is none; the year 1 stands for none, too."""
    try:
        found = datetime.fromisoformat(str(value))
        return found.astimezone(UTC) if found.tzinfo and found.year > 1 else None
    except (ValueError, OverflowError):
        return None


def day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
