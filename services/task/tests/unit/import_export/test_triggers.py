"""Reminders in a cell, read beside what icalendar says of the same duration."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import vDuration
from task_service.import_export.date_formats import ParsedDateTime
from task_service.import_export.reminder_triggers import parse_triggers

from services.task.tests.unit.import_export.files import read, report_lines

NOON = ParsedDateTime(date(2026, 12, 3), time(12))
DAY = ParsedDateTime(date(2026, 12, 3))
HEAD = "title,due date,reminder,repeat\n"


def _written(after: timedelta) -> str:
    text: bytes = vDuration(after).to_ical()  # type: ignore[no-untyped-call]
    return text.decode()


@given(minutes=st.lists(st.integers(0, 525_600), min_size=1, max_size=5, unique=True), mark=st.booleans())
def test_durations_before_a_time_are_minutes(minutes: list[int], mark: bool) -> None:
    written = [_written(timedelta(minutes=-each)) for each in minutes]
    text = "\n".join(f"TRIGGER:{each}" if mark else each for each in written)
    found = parse_triggers(text, NOON, "Europe/Berlin", repeats=True)
    assert found == [{"minutes_before": each} for each in minutes]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("P0DT9H0M0S", datetime(2026, 12, 3, 8, tzinfo=UTC)),
        ("TRIGGER:-P0DT15H0M0S", datetime(2026, 12, 2, 8, tzinfo=UTC)),
        ("-P1D", datetime(2026, 12, 1, 23, tzinfo=UTC)),
        ("-P1W", datetime(2026, 11, 25, 23, tzinfo=UTC)),
    ],
)
def test_durations_around_a_day_count_from_its_beginning_on_the_wall(text: str, at: datetime) -> None:
    found = parse_triggers(text, DAY, "Europe/Berlin", repeats=False)
    assert found == [{"at": at.isoformat()}]
    assert parse_triggers(text, DAY, "Europe/Berlin", repeats=True) is None


@given(st.text(max_size=30) | st.sampled_from(["PT5M", "P", "-P", "-PT99999999999H", "P99999W", "TRIGGER:"]))
def test_any_other_cell_is_rejected_or_valid(text: str) -> None:
    for due in (NOON, DAY, None):
        for each in parse_triggers(text, due, "Europe/Berlin", repeats=False) or []:
            assert each.keys() in ({"minutes_before"}, {"at"})


@pytest.mark.parametrize(
    ("row", "reminders"),
    [
        ("x,2026-12-03 12:00,-PT30M,", [{"minutes_before": 30}]),
        ("x,2026-12-03 12:00,PT0S,FREQ=DAILY", [{"minutes_before": 0}]),
        ('x,2026-12-03 12:00,"-PT30M,-P1D",', [{"minutes_before": 30}, {"minutes_before": 1440}]),
        ("x,2026-12-03,2026-12-02 09:00,", [{"at": "2026-12-02T08:00:00+00:00"}]),
    ],
)
def test_triggers_are_imported(row: str, reminders: list[dict[str, Any]]) -> None:
    source = read(HEAD + row + "\n")
    assert source.tasks[0].fields["reminders"] == reminders
    assert not report_lines(source)


@pytest.mark.parametrize(
    "row", ["x,,-PT30M,", "x,2026-12-03,P0DT9H,FREQ=DAILY", "x,2026-12-03,an hour before,"]
)
def test_unsupported_triggers_go_to_the_notes_and_the_report(row: str) -> None:
    source = read(HEAD + row + "\n")
    fields = source.tasks[0].fields
    assert not fields.get("reminders")
    assert fields["notes"] == f"reminder: {row.split(',')[2]}"
    assert "reminder" in "".join(str(each) for each in report_lines(source))
