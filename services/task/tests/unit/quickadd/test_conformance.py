"""The tables of docs/quick-add.md, run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from task_service.quickadd import Calendar, ParsedTask, parse_text
from task_service.quickadd.dialects import SyntaxName

DOCUMENT = Path(__file__).parents[5] / "docs" / "quick-add.md"
NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
DIALECTS: dict[SyntaxName, str] = {"todoist": "Signs of Todoist", "vikunja": "Signs of Vikunja"}
HEADINGS = ("Days", "Times", "Recurrence", "Signs", "Reminders", "What stays in the title")


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, without backticks."""
    section = DOCUMENT.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows[2:]]


def describe(found: ParsedTask) -> list[str]:
    """The cells of a row behind the text."""
    recurs, more = "", [f"#{label}" for label in found.labels]
    if found.recurrence:
        recurs = f"{found.recurrence['rule']}` from completion"
        recurs = recurs if found.recurrence["from"] == "completion" else found.recurrence["rule"]
    more += [f"+{found.project}"] if found.project else []
    more += [f"!{found.priority}"] if found.priority else []
    for reminder in found.reminders:
        before = reminder.get("minutes_before")
        more.append(f"{before} min before" if before is not None else f"{reminder['at']:%Y-%m-%dT%H:%MZ}")
    clock = f"{found.due_time:%H:%M}" if found.due_time else ""
    return [found.title, str(found.due_date or ""), clock, recurs, ", ".join(more)]


class TestTables:
    @pytest.mark.parametrize(
        "row", [row for heading in HEADINGS for row in table(heading)], ids=lambda r: r[0]
    )
    def test_text_parses_as_documented(self, row: list[str]) -> None:
        assert describe(parse_text(row[0], Calendar.for_zone(NOW, "Europe/Berlin"))) == row[1:]

    @pytest.mark.parametrize(
        ("marks", "row"),
        [(marks, row) for marks, heading in DIALECTS.items() for row in table(heading)],
        ids=lambda value: value if isinstance(value, str) else value[0],
    )
    def test_dialect_parses_as_documented(self, marks: SyntaxName, row: list[str]) -> None:
        assert describe(parse_text(row[0], Calendar.for_zone(NOW, "Europe/Berlin"), marks)) == row[1:]

    @pytest.mark.parametrize(
        ("zone", "now", "text", "due", "at", "instant"), table("Zones, weeks and clocks")
    )
    def test_text_parses_as_documented_for_its_zone(
        self, zone: str, now: str, text: str, due: str, at: str, instant: str
    ) -> None:
        calendar = Calendar.for_zone(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)
        found = parse_text(f"x {text}", calendar)
        assert describe(found)[:3] == ["x", due, at]
        if instant:
            assert found.due_date
            assert found.due_time
            assert f"{calendar.to_utc(found.due_date, found.due_time):%Y-%m-%dT%H:%MZ}" == instant
