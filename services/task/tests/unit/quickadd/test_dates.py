"""Quick add never picks a day it did not read, and never breaks a title: sentences made by the dozen."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import process_time

import pytest
from dateutil.parser import parse as theirs
from hypothesis import example, given, settings
from hypothesis import strategies as st
from task_service.quickadd import Calendar, ParsedTask, parse_text
from task_service.quickadd.text import extract_title

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
BERLIN = Calendar.for_zone(NOW, "Europe/Berlin")

TIMES = st.sampled_from(["14:30", "at 14:30", "2:30pm", "at 5", "by 5pm", "9am"])
NOUNS = st.sampled_from(["Dentist", "Pay the bill", "Zahnarzt", "Call Bob", "Отчёт", "歯医者"])
DATES = st.dates(date(2026, 11, 24), date(2060, 12, 31))

NUMBERED: list[Callable[[date], str]] = [
    lambda day: f"{day:%d.%m.%Y}",
    lambda day: f"{day.day}.{day.month}.{day.year}",
    lambda day: f"{day:%d.%m.%y}",
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day:%Y-%m-%d}",
    lambda day: f"{day:%Y.%m.%d}",
    lambda day: f"{day:%d-%b-%Y}",
    lambda day: f"{day:%d/%m/%Y}",
    lambda day: f"{day:%d-%m-%Y}",
    lambda day: f"{day:%d %b %Y}",
    lambda day: f"{day:%d %B %Y}",
    lambda day: f"{day:%d. %B %Y}",
    lambda day: f"{day:%B %d, %Y}",
    lambda day: f"{day:%b %d %Y}",
    lambda day: f"{day:%A, %d %B %Y}",
    lambda day: f"{day:%a %d.%m.%Y}",
    lambda day: f"{day:%d.%m.%Y} ({day:%a})",
    lambda day: f"{day:%Y-%m-%dT14:30}",
    lambda day: f"{day:%Y%m%dT143000}",
]
NO_BRACKETS = str.maketrans("", "", "()")
LOOKALIKES = [
    *("Feb 30", "30.02.2027", "2027-02-30", "2027/13/01", "32/13/2027", "31 april", "the 45th", "29.2.2027"),
    *(
        "tomorow",
        "tommorow",
        "tomorrrow",
        "2morrow",
        "wensday",
        "next firday",
        "next mnth",
        "febuary",
        "thurday",
    ),
    *(
        "morgen",
        "übermorgen",
        "demain",
        "mañana",
        "manana",
        "domani",
        "amanhã",
        "завтра",
        "明天",
        "明日",
        "내일",
    ),
    *("Montag", "lundi", "miércoles", "venerdì", "środę", "пятница", "月曜日", "सोमवार", "غدًا", "yarın"),
    *(
        "17. Februar",
        "3 mars",
        "17 février",
        "5. März",
        "17 de febrero",
        "2月17日",
        "17 февраля",
        "17 lutego",
    ),
    *("mon-fri", "monday-friday", "3 may to 7 may", "3-7 may", "may 3-7", "christmas", "in 3 tagen"),
    *("last friday", "3 days ago", "every hour", "friday or saturday", "not before friday", "after monday"),
    *("up to january 30th", "friday, 28 november 2026", "2 weeks from friday", "this month", "weekend"),
    *("2027-W07", "2027-02", "20270217", "KW 7", "q1", "17.02", "friday the 26th"),
]
BEFORE = [
    "not before {}",
    "not {}",
    "up to {}",
    "not until {}",
    "between {} and",
    "or {}",
    "of {}",
    "than {}",
]
FORMS = ["friday", "tomorrow", "3 may", "may 3rd", "2027-02-17", "17.02.2027", "monday week", "next month"]
LINKS = [" to ", " and ", " or ", " - ", " until ", " through ", " & ", " till "]


def left_whole(text: str, found: ParsedTask) -> bool:
    """Whether nothing is lost: what was read and the title are all of the text."""
    return (
        found.title == extract_title(text, found.spans)
        if found.spans
        else found.title == " ".join(text.split())
    )


class TestDatesInNumbers:
    @settings(max_examples=60, deadline=None)
    @given(day=DATES, write=st.sampled_from(NUMBERED), noun=NOUNS, clock=st.sampled_from(["", " 14:30"]))
    def test_numeric_dates_agree_with_dateutil(
        self, day: date, write: Callable[[date], str], noun: str, clock: str
    ) -> None:
        written = write(day)
        found = parse_text(f"{noun} {written}{clock if 'T14' not in written else ''}", BERLIN)
        assert (
            found.due_date
            == theirs(written.translate(NO_BRACKETS), dayfirst=not written[:4].isdecimal()).date()
            == day
        )
        assert found.title == noun
        assert found.due_time == (time(14, 30) if clock or "T14" in written else None)

    @settings(max_examples=60, deadline=None)
    @given(at=st.datetimes(datetime(2027, 1, 1), datetime(2060, 1, 1)), minutes=st.integers(-720, 840))  # noqa: DTZ001
    def test_dates_with_an_offset_are_instants(self, at: datetime, minutes: int) -> None:
        sign, (hours, rest_of) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
        at = at.replace(second=0, microsecond=0)
        found = parse_text(f"x {at:%Y-%m-%dT%H:%M:%S}{sign}{hours:02}:{rest_of:02}", BERLIN)
        instant = (at - timedelta(minutes=minutes)).replace(tzinfo=UTC)
        there = instant.astimezone(BERLIN.now.tzinfo)
        assert (found.title, found.due_date, found.due_time) == ("x", there.date(), there.time())

    @settings(max_examples=60, deadline=None)
    @given(day=DATES, other=st.integers(1, 6))
    def test_dates_with_a_wrong_weekday_stay_in_the_title(self, day: date, other: int) -> None:
        text = f"x {day + timedelta(days=other):%A} {day:%d.%m.%Y} 14:30"
        found = parse_text(text, BERLIN)
        assert (found.title, found.due_date) == (text, None)


class TestLookalikes:
    @pytest.mark.parametrize("looks", LOOKALIKES)
    @pytest.mark.parametrize("order", ["{0} {1} {2}", "{1} {2} {0}", "{2} {0} {1}", "{0} {1}, {2}"])
    def test_unparsed_day_keeps_a_time_from_meaning_today(self, looks: str, order: str) -> None:
        for noun in ("Dentist", "Pay the bill"):
            text = order.format(noun, looks, "14:30")
            found = parse_text(text, BERLIN)
            assert (found.title, found.due_date, found.due_time, found.spans) == (text, None, None, [])

    @settings(max_examples=60, deadline=None)
    @given(noun=NOUNS, looks=st.sampled_from(LOOKALIKES), clock=TIMES, order=st.permutations([0, 1, 2]))
    @example("Dentist", "17. Februar", "14:30", [0, 1, 2])
    def test_unparsed_day_in_any_order_gives_no_date(
        self, noun: str, looks: str, clock: str, order: list[int]
    ) -> None:
        text = " ".join([noun, looks, clock][at] for at in order)
        found = parse_text(text, BERLIN)
        assert found.due_date is None
        assert found.title == text

    def test_unparsed_day_keeps_a_reminder_from_meaning_today(self) -> None:
        found = parse_text("Dentist morgen remind at 8am", BERLIN)
        assert (found.title, found.reminders) == ("Dentist morgen remind at 8am", [])

    @pytest.mark.parametrize(
        "text",
        ["Football match", "Call Jan", "Work out", "Buy money clip", 'Watch "Friday"', "Mail bob@monday.com"],
    )
    def test_ordinary_words_are_no_days(self, text: str) -> None:
        found = parse_text(f"{text} 14:30", BERLIN)
        assert (found.title, found.due_date) == (text, date(2026, 11, 24))


class TestContext:
    @pytest.mark.parametrize("before", BEFORE)
    @pytest.mark.parametrize("day", FORMS)
    def test_negated_phrase_stays_in_the_title(self, before: str, day: str) -> None:
        text = f"Pay {before.format(day)}"
        found = parse_text(text, BERLIN)
        assert (found.title, found.due_date) == (text, None)

    @pytest.mark.parametrize("link", LINKS)
    @settings(max_examples=60, deadline=None)
    @given(first=st.sampled_from(FORMS), second=st.sampled_from(FORMS), clock=st.sampled_from(["", " 9am"]))
    def test_range_of_days_is_not_half_parsed(self, link: str, first: str, second: str, clock: str) -> None:
        text = f"Hotel {first}{link}{second}{clock}"
        found = parse_text(text, BERLIN)
        assert (found.title, found.due_date) == (text, None)

    @pytest.mark.parametrize("link", LINKS)
    @settings(max_examples=60, deadline=None)
    @given(first=st.integers(1, 11), second=st.integers(1, 11), day=st.sampled_from(["", "tomorrow "]))
    def test_range_of_times_is_not_half_parsed(self, link: str, first: int, second: int, day: str) -> None:
        text = f"{day}Pill at {first}am{link}{second}pm"
        found = parse_text(text, BERLIN)
        assert found.title == f"Pill at {first}am{link}{second}pm".replace("  ", " ")
        assert (found.due_date, found.due_time) == (date(2026, 11, 25) if day else None, None)

    @settings(max_examples=60, deadline=None)
    @given(
        words=st.lists(
            st.sampled_from(
                [*FORMS, *LOOKALIKES, "9am", "at 5pm", "every day", "every 1 jan", "daily", "Pay"]
            )
            | st.sampled_from(
                ["and", "or", "to", "not", "until", "except", "by", "the", "at", ",", "due:", "("]
            ),
            max_size=9,
        )
    )
    def test_no_part_of_a_text_is_lost(self, words: list[str]) -> None:
        text = " ".join(words)
        assert left_whole(text, parse_text(text, BERLIN))

    @settings(max_examples=60, deadline=None)
    @given(words=st.lists(NOUNS | TIMES | st.sampled_from(LOOKALIKES), min_size=1, max_size=6))
    def test_no_date_without_a_word_for_it(self, words: list[str]) -> None:
        """A day comes from a date, or from a time alone in a text without anything like one."""
        found = parse_text(" ".join(words), BERLIN)
        if any(looks in words for looks in LOOKALIKES):
            assert found.due_date is None or any(span.kind in ("date", "recurrence") for span in found.spans)


class TestYearlyRules:
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(1, 28), st.sampled_from(["jan", "apr", "jul", "oct"])),
            min_size=2,
            max_size=4,
        )
    )
    def test_yearly_rule_of_several_days_has_exactly_these(self, pairs: list[tuple[int, str]]) -> None:
        text = "Pay every " + " and ".join(f"{day} {month}" for day, month in pairs)
        found = parse_text(text, BERLIN)
        if found.recurrence is None:
            assert (found.title, found.due_date) == (text, None)
            return
        parts = dict(part.split("=") for part in found.recurrence["rule"].split(";"))
        months = {"jan": "1", "apr": "4", "jul": "7", "oct": "10"}
        named = {
            (day, month) for day in parts["BYMONTHDAY"].split(",") for month in parts["BYMONTH"].split(",")
        }
        assert named == {(str(day), months[month]) for day, month in pairs}
        firsts = [theirs(f"{day} {month} 2027").date() for day, month in pairs]
        assert found.due_date == min(firsts)


GROWING = [
    *("today ", "not before friday ", "3 may to 7 may ", "17.02.2027 14:30 ", "morgen 14:30 ", "tomorow "),
    *("every 1 jan and 1 jul ", "#a ", '"', "a" * 40, "1.", "1.1.1 ", "a@b", "://", " ", "in ", "9am and "),
    *("due:", "mon-fri ", "2027-02-17T14:30:00+02:00 ", "friday, ", "明天", "every mon and ", "until 1 jan "),
    *("(", "I", "monday week "),
]  # fmt: skip


class TestGrowth:
    @pytest.mark.parametrize("piece", GROWING)
    def test_parsing_time_is_linear(self, piece: str) -> None:
        times = [_seconds(piece, length) for length in (1000, 2000, 4000)]
        assert times[1] < 3 * times[0] + 0.02
        assert times[2] < 3 * times[1] + 0.02


def _seconds(piece: str, length: int) -> float:
    """The least of some runs, since others use this machine too."""
    text = (piece * length)[:length] + " 14:30"
    found = []
    for _ in range(3):
        began = process_time()
        parse_text(text, BERLIN)
        found.append(process_time() - began)
    return min(found)
