"""Times of day in a rule: against another implementation, and against the clock."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice, pairwise
from time import process_time
from timeit import repeat

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from task_service.recurrence import RuleError, Series, parse_rule
from task_service.recurrence.rule import WEEKDAYS
from task_service.recurrence.times import RuleTime, RuleTimes

STARTS = st.datetimes(datetime.fromisoformat("1997-01-01"), datetime.fromisoformat("2027-01-01")).map(
    lambda at: at.replace(microsecond=0)
)
WITHIN_A_DAY = ["HOURLY", "MINUTELY", "SECONDLY"]


def listed(numbers: list[int], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(numbers), min_size=1, max_size=most, unique=True).map(
        lambda chosen: ",".join(str(each) for each in sorted(chosen))
    )


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules with times and without an end, as `test_days` has them without times."""
    frequency = draw(st.sampled_from([*WITHIN_A_DAY, "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    choices = {
        "INTERVAL": st.sampled_from(["1", "2", "3", "5", "7", "12", "24", "90"]),
        "BYDAY": st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4, unique=True).map(",".join),
        "BYMONTHDAY": listed([1, 13, 28, -1]),
        "BYMONTH": listed([1, 2, 6, 12]),
        "BYYEARDAY": listed([1, 100, 366, -1]),
        "BYHOUR": listed([0, 9, 12, 17, 23]),
        "BYMINUTE": listed([0, 15, 20, 59]),
        "BYSECOND": listed([0, 30, 59]),
        "BYSETPOS": listed([1, 2, -1]),
    }
    named = draw(st.sets(st.sampled_from(sorted(choices))))
    if frequency not in WITHIN_A_DAY:
        named.add("BYHOUR")
    return ";".join([f"FREQ={frequency}", *(f"{name}={draw(choices[name])}" for name in sorted(named))])


def is_cut_by_dateutil(rule: str, start: datetime) -> bool:
    """Whether dateutil chooses by BYSETPOS in a first week that it begins at `start`, in the middle of it."""
    return "WEEKLY" in rule and "BYSETPOS" in rule and start.weekday() != 0


class TestTimes:
    @settings(max_examples=200, deadline=None)
    @given(rule=rules(), start=STARTS)
    def test_times_agree_with_dateutil(self, rule: str, start: datetime) -> None:
        assume(not is_cut_by_dateutil(rule, start))
        try:
            moments = RuleTimes(parse_rule(rule), start.date(), start, clamp=False).after(start)
        except RuleError:
            assume(False)
        found = [each.wall_time for each in islice(moments, 6)]
        assume(len(found) == 6 and found[-1] < start + timedelta(days=3000))
        theirs = rrulestr(rule, dtstart=start)
        assert found == list(theirs.xafter(start, count=6))

    @settings(max_examples=100, deadline=None)
    @given(rule=rules(), start=STARTS)
    def test_times_are_the_same_from_any_occurrence(self, rule: str, start: datetime) -> None:
        """A task that was done goes on from the next, which knows only its own date and time."""
        try:
            parsed = parse_rule(rule)
        except RuleError:
            assume(False)
        series = Series(parsed, start.date(), start.date(), start.time(), "UTC", month_end="skip")
        found = list(islice(series.occurrences(), 4))
        for here, after in pairwise(found):
            later = Series(parsed, start.date(), here.due_date, here.due_time, "UTC", month_end="skip")
            assert next(later.occurrences()).due_at == after.due_at

    @settings(max_examples=100, deadline=None)
    @given(rule=rules(), start=STARTS, late=st.integers(0, 10_000_000))
    def test_missed_times_are_skipped_when_completed_late(
        self, rule: str, start: datetime, late: int
    ) -> None:
        try:
            parsed = parse_rule(rule)
        except RuleError:
            assume(False)
        series = Series(parsed, start.date(), start.date(), start.time(), "UTC", month_end="skip")
        now = (start + timedelta(seconds=late)).astimezone()
        found = series.after_completion(now)
        expected = next(
            (each for each in islice(series.occurrences(), 3000) if each.due_at and each.due_at >= now), None
        )
        assume(expected)
        assert expected
        assert found
        assert found.occurrence.due_at == expected.due_at

    def test_times_in_a_skipped_hour_come_once(self) -> None:
        series = Series(
            parse_rule("FREQ=HOURLY"), date(2027, 3, 28), date(2027, 3, 28), time(0, 30), "Europe/Berlin"
        )
        found = [each.due_at for each in islice(series.occurrences(), 5)]
        assert [f"{at:%H:%M}" for at in found if at] == ["00:30", "01:30", "02:30", "03:30", "04:30"]

    def test_hours_are_measured_from_completion(self) -> None:
        start = date(2027, 3, 1)
        series = Series(
            parse_rule("FREQ=HOURLY;INTERVAL=3"), start, start, time(9), "UTC", from_="completion"
        )
        following = series.after_completion(datetime.fromisoformat("2027-03-01T10:20:30Z"))
        assert following
        assert (following.occurrence.due_date, following.occurrence.due_time) == (start, time(13, 20))


HARD = [
    "FREQ=SECONDLY",
    "FREQ=SECONDLY;INTERVAL=7;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0",
    "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1",
    "FREQ=SECONDLY;INTERVAL=999;BYMONTH=2;BYMONTHDAY=29;BYHOUR=5;BYMINUTE=5;BYSECOND=5",
    "FREQ=SECONDLY;INTERVAL=7;BYYEARDAY=366;BYHOUR=23;BYMINUTE=59;BYSECOND=59",
    "FREQ=MINUTELY;INTERVAL=1000;BYDAY=SU;BYHOUR=23;BYMINUTE=59",
    "FREQ=MINUTELY;INTERVAL=30;BYMINUTE=1",
    "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
    "FREQ=HOURLY;INTERVAL=168;BYDAY=TU,WE,TH,FR,SA,SU",
    "FREQ=HOURLY;INTERVAL=1000;BYYEARDAY=366",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30,29;BYDAY=SU",
    "FREQ=YEARLY;INTERVAL=1000;BYHOUR=9",
    "FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=100;BYHOUR=9",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=1,2;BYSETPOS=2",
    f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={','.join(map(str, range(24)))};"
    f"BYMINUTE={','.join(map(str, range(60)))};BYSETPOS=-366",
]
START = datetime.fromisoformat("2027-03-01T09:00")


def _moments(rule: str) -> Iterator[RuleTime]:
    return RuleTimes(parse_rule(rule), START.date(), START).after(START)


class TestSpeed:
    @pytest.mark.parametrize("rule", HARD)
    def test_time_to_find_the_next_or_none_is_bounded(self, rule: str) -> None:
        """Also where there is none in a hundred years; the fastest of some."""
        seconds = repeat(lambda: next(_moments(rule), None), timer=process_time, repeat=4, number=1)
        assert min(seconds) < 0.05

    @pytest.mark.parametrize("rule", [rule for rule in HARD if next(_moments(rule), None)])
    @pytest.mark.parametrize("missed", ["skip", "one"])
    def test_time_to_catch_up_twenty_years_is_bounded(self, rule: str, missed: str) -> None:
        series = Series(parse_rule(rule), START.date(), START.date(), START.time(), "UTC", missed=missed)  # type: ignore[arg-type]
        now = datetime.fromisoformat("2047-07-07T07:07:07Z")
        assert min(repeat(lambda: series.after_completion(now), timer=process_time, repeat=2, number=1)) < 0.1
