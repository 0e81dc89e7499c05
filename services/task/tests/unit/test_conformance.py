"""The tables of docs/recurrence.md, run."""

from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path

import pytest
from task_service.recurrence import RuleError, Series, parse_rule
from task_service.recurrence.description import describe_rule

DOCUMENT = Path(__file__).parents[4] / "docs" / "recurrence.md"
EXAMPLES = "Examples of RFC 5545, section 3.8.5.3"


def table(heading: str, *, having: str = "") -> list[list[str]]:
    """The rows of the tables under a heading with that last column, without backticks."""
    section = DOCUMENT.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = [
        [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in block.strip().splitlines()]
        for block in section.split("\n\n")
        if block.lstrip().startswith("|")
    ]
    return [row for rows in found if not having or rows[0][-1] == having for row in rows[2:]]


def days(cell: str) -> tuple[list[date], bool]:
    """Dates, and whether they are all there are."""
    words = cell.split()
    return [date.fromisoformat(word) for word in words if word != "end"], words[-1] == "end"


def clock(cell: str) -> time | None:
    return time.fromisoformat(cell) if cell else None


def series_from(rule: str, first: date, *, at: time | None = None, zone: str = "UTC", **how: str) -> Series:
    return Series(parse_rule(rule), first, first, at, zone, **how)  # type: ignore[arg-type]


class TestExamplesOfTheRfc:
    @pytest.mark.parametrize(("rule", "dates"), table(EXAMPLES, having="dates"))
    def test_rfc_examples_have_the_dates_of_the_rfc(self, rule: str, dates: str) -> None:
        expected, ends = days(dates)
        series = series_from(rule, expected[0], at=time(9), zone="America/New_York", month_end="skip")
        found = [each.due_date for each in islice(series.occurrences(), len(expected) - 1 + ends)]
        assert found == expected[1:]

    @pytest.mark.parametrize(("rule", "moments"), table(EXAMPLES, having="moments"))
    def test_rfc_examples_have_the_times_of_the_rfc(self, rule: str, moments: str) -> None:
        expected = [datetime.fromisoformat(word) for word in moments.split() if word != "end"]
        ends = moments.endswith("end")
        first = expected[0]
        series = series_from(rule, first.date(), at=first.time(), zone="America/New_York", month_end="skip")
        found = list(islice(series.occurrences(), len(expected) - 1 + ends))
        assert [datetime.combine(each.due_date, each.due_time or time.max) for each in found] == expected[1:]


class TestMonthEnds:
    @pytest.mark.parametrize(("rule", "month_end", "dates"), table("Month ends and leap years"))
    def test_month_ends_clamp_or_skip(self, rule: str, month_end: str, dates: str) -> None:
        expected, _ = days(dates)
        series = series_from(rule, expected[0], month_end=month_end)
        found = [each.due_date for each in islice(series.occurrences(), len(expected) - 1)]
        assert found == expected[1:]


class TestClocks:
    @pytest.mark.parametrize(("zone", "rule", "first", "at", "then", "why"), table("Clocks and zones"))
    def test_local_time_is_kept_across_clock_changes(
        self, zone: str, rule: str, first: str, at: str, then: str, why: str
    ) -> None:
        series = series_from(rule, date.fromisoformat(first), at=clock(at), zone=zone)
        found = list(islice(series.occurrences(), len(then.split())))
        assert [f"{each.due_at:%Y-%m-%dT%H:%MZ}" for each in found] == then.split()
        assert why in (found[0].why or (describe_rule(series.rule, series.anchor),))
        assert found[-1].due_time == clock(at)


class TestCompletion:
    @pytest.mark.parametrize(
        ("rule", "origin", "missed", "due", "at", "done", "after"),
        table("What is done late, or from completion"),
    )
    def test_completion_leads_to_the_next_occurrence(
        self, rule: str, origin: str, missed: str, due: str, at: str, done: str, after: str
    ) -> None:
        how = {"from_": origin, "missed": missed}
        series = series_from(rule, date.fromisoformat(due), at=clock(at), zone="Europe/Berlin", **how)
        found = series.after_completion(datetime.fromisoformat(done).replace(tzinfo=UTC))
        assert (str(found.occurrence.due_date) if found else "end") == after


class TestRefusal:
    @pytest.mark.parametrize(("rule", "position", "because"), table("What is refused"))
    def test_rule_errors_point_at_the_wrong_part(self, rule: str, position: str, because: str) -> None:
        with pytest.raises(RuleError) as refused:
            parse_rule(rule)
        assert because in refused.value.message
        assert refused.value.position == int(position)
