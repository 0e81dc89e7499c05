"""What holds for any text at all."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from task_service.quickadd import Calendar, TextSpan, parse_text
from task_service.quickadd.english import WORDS
from task_service.quickadd.text import extract_title
from task_service.recurrence import parse_rule

ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Apia", "Pacific/Kiritimati", "UTC"])
NOWS = st.datetimes(datetime(1971, 1, 1), datetime(9990, 1, 1))  # noqa: DTZ001 - the zone is added
SAID = sorted({word for words in WORDS.values() for word in words.values})
OTHER = ["every", "on", "at", "in", "for", "until", "next", "of", "remind", "before", "times", "and", "the"]
PIECES = [
    "3",
    "31st",
    "0",
    "99999",
    "12/03",
    "2026-12-03",
    "17:30",
    "#a",
    "+b",
    "!3",
    '"',
    ",",
    "-",
    ".",
    "(",
]
WORDY = st.lists(st.sampled_from(SAID + OTHER + PIECES), max_size=14).map(" ".join)


class TestAnyText:
    @settings(max_examples=500, deadline=None)
    @given(st.text(max_size=200) | WORDY, NOWS, ZONES)
    @example("İ ſunday in 1 day K", datetime(2026, 11, 24), "UTC")  # noqa: DTZ001
    @example("every day for 99999 years", datetime(2026, 11, 24), "UTC")  # noqa: DTZ001
    def test_spans_of_any_text_leave_its_title(self, text: str, now: datetime, zone: str) -> None:
        found = parse_text(text, Calendar.for_zone(now.replace(tzinfo=UTC), zone))
        ends = [0, *(span.end for span in found.spans)]
        assert all(end <= span.start < span.end for end, span in zip(ends, found.spans, strict=False))
        assert ends[-1] <= len(text)
        if found.spans:
            assert found.title == extract_title(text, found.spans)
        if found.recurrence:
            parse_rule(found.recurrence["rule"])
            assert found.due_date

    @given(st.text(max_size=60).filter(lambda text: '"' not in text))
    def test_any_quoted_text_is_the_title(self, text: str) -> None:
        found = parse_text(f'"{text}"', Calendar.for_zone(datetime(2026, 11, 24, tzinfo=UTC), "UTC"))
        assert (found.title, found.spans) == (" ".join(text.split()), [])


class TestSpans:
    @pytest.mark.parametrize(
        ("text", "spans"),
        [
            ("👩‍👩‍👧 call tomorrow", [TextSpan(11, 19, "date")]),
            ("a every day for 3 weeks", [TextSpan(2, 11, "recurrence"), TextSpan(12, 23, "recurrence")]),
            ("a remind at 8am !1", [TextSpan(2, 15, "reminder"), TextSpan(16, 18, "priority")]),
            ('a +"b c" #d.', [TextSpan(2, 8, "project"), TextSpan(9, 11, "label")]),
        ],
    )
    def test_spans_count_code_points(self, text: str, spans: list[TextSpan]) -> None:
        calendar = Calendar.for_zone(datetime(2026, 11, 24, 10, 30, tzinfo=UTC), "Europe/Berlin")
        assert parse_text(text, calendar).spans == spans


class TestTitle:
    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("tomorrow", "tomorrow"),
            ("A, B, tomorrow.", "A, B."),
            ("Lunch (friday) with Bob", "Lunch with Bob"),
            ("Call Ann, tomorrow, 9am", "Call Ann"),
            ("!1 #home", "!1 #home"),
            ("Well-known fact - friday", "Well-known fact"),
        ],
    )
    def test_title_is_tidy(self, text: str, title: str) -> None:
        calendar = Calendar.for_zone(datetime(2026, 11, 24, 10, 30, tzinfo=UTC), "Europe/Berlin")
        assert parse_text(text, calendar).title == title


class TestWeekStart:
    @pytest.mark.parametrize(
        ("starts", "day"), [(None, 30), ("monday", 30), ("sunday", 29), ("saturday", 28)]
    )
    def test_week_starts_where_the_user_chose(self, starts: str | None, day: int) -> None:
        calendar = Calendar.for_zone(datetime(2026, 11, 24, 10, 30, tzinfo=UTC), "Europe/Berlin", starts)
        assert parse_text("x next week", calendar).due_date == date(2026, 11, day)
