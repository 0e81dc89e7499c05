"""What calendars hold is read by programs that are not ours, and leads them to the same days."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar
from ics import Calendar as OtherCalendar
from task_service.import_export import ical_writer
from task_service.models import Task
from task_service.recurrence import Series, parse_rule

LIVES_IN = "Europe/Berlin"
NOW = datetime(2026, 11, 29, 5, tzinfo=UTC)
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Casablanca", "Australia/Lord_Howe"]
ENDS = ["", ";COUNT=5", ";UNTIL=20280101", ";UNTIL=20280101T080000Z", ";UNTIL=20280101T090000"]
RULES = [
    *("FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"),
    *("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYDAY=3FR"),
    *("FREQ=MONTHLY;BYMONTHDAY=15,30", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    *("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=YEARLY;BYMONTH=2,11"),
    *("FREQ=DAILY;BYMONTHDAY=29,30", "FREQ=YEARLY;BYYEARDAY=1,100,-1", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO,FR"),
    *("FREQ=YEARLY;BYWEEKNO=20", "FREQ=YEARLY;BYYEARDAY=366"),
]
RULES_OF_TIMES = [
    *(
        "FREQ=HOURLY;INTERVAL=3",
        "FREQ=MINUTELY;INTERVAL=90",
        "FREQ=DAILY;BYHOUR=9,17",
        "FREQ=HOURLY;BYDAY=MO",
    ),
    *("FREQ=DAILY;BYHOUR=9,10,16;BYMINUTE=0,20,40", "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,16"),
    *("FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=8,20", "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=7,19;BYSETPOS=-1"),
    "FREQ=SECONDLY;INTERVAL=45;BYMINUTE=0",
]
TITLES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60) | st.sampled_from(
    [
        "a;b,c\\d:e",
        "BEGIN:VEVENT",
        "é" * 80,
        "👩‍👧 " * 20,
        "\u2028line",
        "x\r\nEND:VCALENDAR",
        "\x0bvt",
        "\x85n",
    ]
)
REMINDERS = st.lists(
    st.integers(0, 40_320).map(lambda minutes: {"minutes_before": minutes})
    | st.just({"at": "2026-12-01T08:00:00Z"}),
    max_size=3,
)


@pytest.fixture(autouse=True, scope="module")
def _plain_output() -> Iterator[None]:
    """The parser of `ics` wraps standard output once more for each line it reads, until Python gives up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tatsu.color.init", lambda: None)
        yield


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    due_date = draw(st.dates(date(2026, 1, 1), date(2027, 12, 31)))
    due_time = draw(st.none() | st.sampled_from([time(0), time(9), time(2, 30), time(23, 59)]))
    zone = draw(st.none() | st.sampled_from(ZONES)) if due_time else None
    rule = draw(st.none() | st.tuples(st.sampled_from(RULES), st.sampled_from(ENDS)).map("".join))
    month_end = draw(st.sampled_from(["clamp", "skip"]))
    recurrence = rule and {"rule": rule, "from": "due", "month_end": month_end, "missed": "one"}
    return made(
        title=draw(TITLES),
        notes=draw(st.text(max_size=80)),
        labels=draw(st.lists(TITLES, max_size=2)),
        due_date=due_date,
        due_time=due_time,
        time_zone=zone,
        recurrence=recurrence,
        rule_from=due_date - timedelta(days=draw(st.sampled_from([0, 0, 1, 14, 31]))),
        reminders=draw(REMINDERS),
    )


def made(**fields: Any) -> Task:
    own = {"id": "0198c7a2-0000-7000-8000-000000000001", "user_id": "ada", "title": "Pill", "position": "a"}
    return Task(**(own | {"created_at": NOW, "updated_at": NOW} | fields))


def calendar_of(*tasks: Task, components: str = "event") -> str:
    zones = {task.time_zone for task in tasks if task.time_zone}
    body = ical_writer.write_tasks(tasks, components, LIVES_IN, {})
    return (ical_writer.write_header(zones, "Tâches; d'Ada") + body + ical_writer.END).decode()


def our_days(task: Task, last: date) -> list[date]:
    assert task.due_date
    if task.recurrence is None:
        return [task.due_date]
    zone: str = task.time_zone or LIVES_IN
    month_end: Any = task.recurrence["month_end"]
    anchor = task.rule_from or task.due_date
    series = Series(
        parse_rule(task.recurrence["rule"]), anchor, task.due_date, task.due_time, zone, month_end=month_end
    )
    found = islice((each.due_date for each in series.occurrences()), 99)
    return [task.due_date, *takewhile(lambda day: day <= last, found)]


def our_moments(task: Task) -> Iterator[datetime]:
    assert task.due_date
    assert task.due_time
    assert task.recurrence
    zone = task.time_zone or LIVES_IN
    anchor = task.rule_from or task.due_date
    series = Series(parse_rule(task.recurrence["rule"]), anchor, task.due_date, task.due_time, zone)
    yield datetime.combine(task.due_date, task.due_time)
    for found in series.occurrences():
        assert found.due_time
        yield datetime.combine(found.due_date, found.due_time)


def their_days(text: str, first: date, last: date) -> list[date]:
    events = recurring_ical_events.of(Calendar.from_ical(text)).between(first, last + timedelta(days=1))
    days = [event["DTSTART"].dt for event in events]
    return sorted(day.date() if isinstance(day, datetime) else day for day in days)


def _on_the_wall(moment: date) -> datetime:
    assert isinstance(moment, datetime)
    return moment.replace(tzinfo=None)


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) == "Cc" and sign not in "\n\t"


class TestForeignPrograms:
    @settings(deadline=None, max_examples=60)
    @given(tasks(), st.sampled_from(["event", "todo", "both"]))
    def test_other_programs_read_every_calendar(self, task: Task, components: str) -> None:
        text = calendar_of(task, components=components)
        assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
        theirs = IcsCalendarStream.calendar_from_ics(text)
        assert len(theirs.events) + len(theirs.todos) == 1
        other = OtherCalendar(text)
        assert len(other.events) + len(other.todos) == 1
        (entry,) = Calendar.from_ical(text).walk("VEVENT") + Calendar.from_ical(text).walk("VTODO")
        written = re.sub("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", task.title)
        assert str(entry["SUMMARY"]) == "".join(sign for sign in written if not _is_control(sign))

    @settings(deadline=None, max_examples=60)
    @given(
        tasks(), st.text(min_size=1, max_size=20) | st.sampled_from(["a\nb", "c\r\n", "d;e,f\\\\", "\u2028g"])
    )
    def test_other_programs_read_calendars_of_any_name(self, task: Task, name: str) -> None:
        """Whatever a project, and with it a calendar, is called."""
        task.project_id = "p"
        body = ical_writer.write_tasks([task], "event", LIVES_IN, {"p": name})
        zones = {task.time_zone} if task.time_zone else set()
        text = (ical_writer.write_header(zones, name) + body + ical_writer.END).decode()
        assert len(IcsCalendarStream.calendar_from_ics(text).events) == 1
        assert len(OtherCalendar(text).events) == 1
        calendar = Calendar.from_ical(text)
        (entry,) = calendar.walk("VEVENT")
        assert str(calendar["NAME"]) == str(calendar["X-WR-CALNAME"]) == str(entry["X-TODO-PROJECT"])

    @settings(deadline=None, max_examples=60)
    @given(tasks())
    def test_other_programs_expand_to_our_days(self, task: Task) -> None:
        assert task.due_date
        last = task.due_date + timedelta(days=60)
        last = min(last, max(our_days(task, last)))
        assert their_days(calendar_of(task), task.due_date, last) == our_days(task, last)

    @settings(deadline=None, max_examples=60)
    @given(
        st.sampled_from(RULES_OF_TIMES),
        st.sampled_from(ENDS),
        st.sampled_from([time(0), time(9), time(16, 20)]),
        st.none() | st.sampled_from(ZONES),
        st.dates(date(2026, 6, 1), date(2027, 12, 31)),
    )
    def test_other_programs_expand_to_our_times(
        self, rule: str, end: str, due_time: time, zone: str | None, due_date: date
    ) -> None:
        recurrence = {"rule": rule + end, "from": "due", "month_end": "clamp", "missed": "one"}
        task = made(
            due_date=due_date,
            due_time=due_time,
            time_zone=zone,
            rule_from=due_date,
            recurrence=recurrence,
        )
        ours = list(islice(our_moments(task), 25))
        text = calendar_of(task)
        last = ours[-1] + timedelta(seconds=1)
        events = recurring_ical_events.of(Calendar.from_ical(text)).between(ours[0], last)
        theirs = sorted(event["DTSTART"].dt.replace(tzinfo=None) for event in events)
        assert theirs == ours
        listed = IcsCalendarStream.calendar_from_ics(text).timeline
        assert [_on_the_wall(each.start) for each in islice(listed, len(ours))] == ours

    @settings(deadline=None, max_examples=60)
    @given(tasks())
    def test_home_assistant_lists_our_events(self, task: Task) -> None:
        theirs = IcsCalendarStream.calendar_from_ics(calendar_of(task))
        first = next(iter(theirs.timeline))
        assert (first.start.date() if isinstance(first.start, datetime) else first.start) == task.due_date


class TestUntil:
    @pytest.mark.parametrize(
        ("due_time", "zone", "until", "expected"),
        [
            (None, None, "20270101", "20270101"),
            (None, None, "20270101T080000Z", "20270101"),
            (time(9), None, "20270101", "20270101T090000"),
            (time(9), "Europe/Berlin", "20270101", "20270101T080000Z"),
            (time(9), "America/New_York", "20270101", "20270101T140000Z"),
            (time(9), "Europe/Berlin", "20270101T090000", "20270101T080000Z"),
            (time(9), None, "20270101T080000Z", "20270101T090000"),
        ],
    )
    def test_until_has_the_type_of_dtstart(
        self, due_time: time | None, zone: str | None, until: str, expected: str
    ) -> None:
        recurrence = {
            "rule": f"FREQ=DAILY;UNTIL={until}",
            "from": "due",
            "month_end": "clamp",
            "missed": "one",
        }
        task = made(due_date=NOW.date(), due_time=due_time, time_zone=zone, recurrence=recurrence)
        assert f"RRULE:FREQ=DAILY;UNTIL={expected}\r\n" in calendar_of(task)


class TestAlarms:
    @pytest.mark.parametrize(
        ("reminder", "due_time", "expected"),
        [
            ({"minutes_before": 1440}, time(9), "TRIGGER:-P1D"),
            ({"minutes_before": 30}, time(9), "TRIGGER:-PT30M"),
            ({"minutes_before": 0}, None, "TRIGGER:PT9H"),
            ({"minutes_before": 1440}, None, "TRIGGER:-PT15H"),
            ({"at": "2026-12-01T09:00:00+01:00"}, time(9), "TRIGGER;VALUE=DATE-TIME:20261201T080000Z"),
        ],
    )
    def test_alarms_ring_when_we_remind(
        self, reminder: dict[str, Any], due_time: time | None, expected: str
    ) -> None:
        task = made(due_date=NOW.date(), due_time=due_time, reminders=[reminder])
        assert f"\r\n{expected}\r\n" in calendar_of(task)


class TestZones:
    @pytest.mark.parametrize("zone", [*ZONES, "Europe/Dublin", "Asia/Tehran", "America/Sao_Paulo", "Etc/UTC"])
    @pytest.mark.parametrize("year", [2026, 2039, 2065, 2090])
    def test_time_zones_hold_past_2038(self, zone: str, year: int) -> None:
        own = ical_writer.write_header([zone]) + ical_writer.END
        renamed = own.decode().replace(f"TZID:{zone}", "TZID:Elsewhere/Unknown")
        component: Any = Calendar.from_ical(renamed).walk("VTIMEZONE")[0]
        theirs, ours = component.to_tz(lookup_tzid=False), ZoneInfo(zone)
        for month in range(1, 13):
            noon = datetime(year, month, 15, 12)  # noqa: DTZ001 - a time on the wall
            assert noon.replace(tzinfo=theirs).utcoffset() == noon.replace(tzinfo=ours).utcoffset()
