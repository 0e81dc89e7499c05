"""The days of any rule: against another implementation, and against the clock."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from timeit import repeat
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from task_service.recurrence import RuleError, Series, parse_rule
from task_service.recurrence.days import RuleDays
from task_service.recurrence.rule import WEEKDAYS
from task_service.tasks.due import due_instant

LATEST = date(2060, 1, 1)
DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1))
NUMBERS = st.integers(1, 12).map(str)
MONTH_DAYS = st.sampled_from([-31, -30, -3, -1, 1, 13, 15, 28, 29, 30, 31]).map(str)


def listed(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=4, unique=True).map(",".join)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules without an end; ordinals and plain weekdays are not mixed, which dateutil intersects."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    counts = frequency in ("MONTHLY", "YEARLY") and draw(st.booleans())
    ordinal = st.sampled_from(["1", "2", "5", "-1", "-2"]) if counts else st.just("")
    choices = {
        "INTERVAL": NUMBERS,
        "BYDAY": listed(st.tuples(ordinal, st.sampled_from(WEEKDAYS)).map("".join)),
        "BYMONTHDAY": listed(MONTH_DAYS),
        "BYMONTH": listed(NUMBERS),
        "BYSETPOS": listed(st.sampled_from(["1", "2", "3", "-1", "-2"])),
        "WKST": st.sampled_from(WEEKDAYS),
        "BYYEARDAY": listed(st.sampled_from([1, 60, 100, 365, 366, -1, -366, -307]).map(str)),
        "BYWEEKNO": listed(st.sampled_from([1, 2, 20, 51, -1, -2, -10]).map(str)),
    }
    named = draw(st.sets(st.sampled_from(sorted(choices))))
    if "BYWEEKNO" in named and not named & {"BYYEARDAY", "BYMONTHDAY"}:
        named.add("BYDAY")  # which dateutil, unlike the RFC, does not take from the first date
    return ";".join([f"FREQ={frequency}", *(f"{name}={draw(choices[name])}" for name in sorted(named))])


def is_cut_by_dateutil(rule: str, start: date) -> bool:
    """Whether dateutil counts BYSETPOS in a first week that it begins at `start`, in the middle of it.

    By RFC 5545 (3.3.10) the set is that of the whole interval, so that of the whole week.
    """
    parts = dict(part.split("=") for part in rule.split(";"))
    first_day = WEEKDAYS.index(parts.get("WKST", "MO"))
    return parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts and start.weekday() != first_day


class TestDays:
    @settings(max_examples=200, deadline=None)
    @given(rule=rules(), anchor=DAYS, later=st.integers(0, 4000))
    def test_days_agree_with_dateutil(self, rule: str, anchor: date, later: int) -> None:
        assume(later > 7 or not is_cut_by_dateutil(rule, anchor))
        after = anchor + timedelta(days=later)
        try:
            found = [
                day.date for day in islice(RuleDays(parse_rule(rule), anchor, clamp=False).after(after), 5)
            ]
        except RuleError:
            assume(False)
        assume(len(found) == 5 and found[-1] < LATEST)
        theirs = rrulestr(rule, dtstart=datetime.combine(anchor, datetime.min.time()))
        assert found == [each.date() for each in theirs.xafter(_midnight(after), count=5)]

    @settings(max_examples=300, deadline=None)
    @given(rule=rules(), anchor=DAYS, later=st.integers(0, 4000), clamp=st.booleans())
    def test_days_are_ordered_and_unique_from_any_start(
        self, rule: str, anchor: date, later: int, clamp: bool
    ) -> None:
        try:
            days = RuleDays(parse_rule(rule), anchor, clamp)
        except RuleError:
            assume(False)
        found = [day.date for day in islice(days.after(anchor + timedelta(days=later)), 5)]
        assert found == sorted(set(found))
        assert all(day > anchor + timedelta(days=later) for day in found)
        for before, day in pairwise(found):
            assert next(days.after(before)).date == day

    @settings(max_examples=50, deadline=None)
    @given(anchor=DAYS, week=st.integers(-53, 53).filter(bool))
    def test_days_of_a_week_number_follow_iso_8601(self, anchor: date, week: int) -> None:
        """Also at the turn of the year, where dateutil takes the length of the wrong year."""
        by_day = ",".join(WEEKDAYS)
        found = islice(
            RuleDays(parse_rule(f"FREQ=YEARLY;BYWEEKNO={week};BYDAY={by_day}"), anchor).after(anchor), 30
        )
        every = (anchor + timedelta(days=ahead) for ahead in range(1, 20_000))
        expected = (day for day in every if week in _iso_weeks(day))
        assert [day.date for day in found] == list(islice(expected, 30))

    @given(anchor=DAYS, months=st.integers(1, 60))
    def test_monthly_days_never_drift(self, anchor: date, months: int) -> None:
        found = list(islice(RuleDays(parse_rule("FREQ=MONTHLY"), anchor).after(anchor), months))
        numbers = [day.clamped_from or day.date.day for day in found]
        assert numbers == [anchor.day] * months
        first = anchor.year * 12 + anchor.month
        assert [day.date.year * 12 + day.date.month - first for day in found] == list(range(1, months + 1))


HARD = [
    ("FREQ=DAILY", date(1990, 1, 1), date(2027, 1, 1)),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", date(2024, 2, 29), date(2024, 2, 29)),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TH", date(2024, 2, 29), date(2024, 2, 29)),
    ("FREQ=DAILY;INTERVAL=7;BYMONTHDAY=31;BYMONTH=12", date(2024, 2, 29), date(2024, 2, 29)),
    ("FREQ=DAILY;INTERVAL=999;BYDAY=MO;BYMONTH=3", date(2024, 1, 1), date(2024, 1, 1)),
    ("FREQ=WEEKLY;INTERVAL=53;BYDAY=SU;BYMONTH=2", date(2024, 1, 1), date(2024, 1, 1)),
    ("FREQ=WEEKLY;BYMONTH=2;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=5", date(2024, 3, 1), date(2024, 3, 1)),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=31", date(2027, 1, 31), date(2027, 1, 31)),
    ("FREQ=MONTHLY;INTERVAL=11;BYMONTHDAY=13;BYDAY=FR", date(2027, 1, 31), date(2027, 1, 31)),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", date(2096, 2, 29), date(2096, 2, 29)),
    ("FREQ=YEARLY;INTERVAL=400;BYYEARDAY=366", date(2096, 2, 29), date(2096, 2, 29)),
    ("FREQ=YEARLY;BYYEARDAY=366;BYDAY=SU", date(2072, 12, 31), date(2072, 12, 31)),
    ("FREQ=YEARLY;BYWEEKNO=53;BYMONTH=1;BYMONTHDAY=3;BYDAY=SU", date(2027, 1, 4), date(2027, 1, 4)),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=WE", date(2096, 2, 29), date(2096, 2, 29)),
    ("FREQ=YEARLY;INTERVAL=7;BYDAY=53SU", date(2096, 2, 29), date(2096, 2, 29)),
    ("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366", date(2096, 12, 31), date(2096, 12, 31)),
    ("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=262", date(2096, 12, 31), date(2096, 12, 31)),
]


class TestSpeed:
    @pytest.mark.parametrize(("rule", "anchor", "after"), HARD, ids=[rule for rule, *_ in HARD])
    def test_next_day_is_found_within_a_millisecond(self, rule: str, anchor: date, after: date) -> None:
        """The rule read anew each time; the fastest of many, since others use this machine too."""
        seconds = repeat(
            lambda: next(RuleDays(parse_rule(rule), anchor).after(after), None), repeat=20, number=1
        )
        assert min(seconds) < 0.001


def _iso_weeks(day: date) -> tuple[int, int]:
    """The number of its week, and the one that counts from the end of the year of that week."""
    year, week, _ = day.isocalendar()
    return week, week - date(year, 12, 28).isocalendar().week - 1


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


class TestSeries:
    """Rules with an end, at a time on the wall of a zone, against dateutil; month ends are left out."""

    @settings(max_examples=200, deadline=None)
    @given(
        rule=rules(),
        anchor=DAYS,
        clock=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
        end=st.none()
        | st.integers(1, 8).map("COUNT={}".format)
        | st.dates(date(1990, 1, 1), LATEST).map("UNTIL={:%Y%m%d}T120000Z".format)
        | st.dates(date(1990, 1, 1), LATEST).map("UNTIL={:%Y%m%d}T120000".format),
    )
    def test_series_agrees_with_dateutil(
        self, rule: str, anchor: date, clock: time, zone: str, end: str | None
    ) -> None:
        text = f"{rule};{end}" if end else rule
        try:
            first = next(
                RuleDays(parse_rule(text), anchor, clamp=False).after(anchor - timedelta(days=1)), None
            )
        except RuleError:
            assume(False)
        assume(first and first.date < LATEST and not is_cut_by_dateutil(rule, first.date))
        assert first
        series = Series(parse_rule(text), first.date, first.date, clock, zone, month_end="skip")
        theirs = rrulestr(in_wall_clock(text, zone), dtstart=datetime.combine(first.date, clock))
        expected = list(islice(theirs, 7))[1:]
        assume(not expected or expected[-1].date() < LATEST)
        found = list(islice(series.occurrences(), 6))
        assert [datetime.combine(each.due_date, each.due_time or time.max) for each in found] == expected
        assert all(each.due_at == due_instant(each.due_date, clock, zone) for each in found)


def in_wall_clock(rule: str, zone: str) -> str:
    """The rule with an UNTIL in UTC as the time on the wall there, as dateutil wants it for such a start."""
    head, until, moment = rule.partition("UNTIL=")
    if not until or not moment.endswith("Z"):
        return rule
    instant = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return f"{head}{until}{instant.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"
