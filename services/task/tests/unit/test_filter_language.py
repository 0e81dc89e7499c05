"""The filter language: what is read, and what is said about what can't be."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_service.filtering import FilterError, parse_filter
from task_service.filtering.ast import And, Comparison, Not, Or, Value
from task_service.filtering.date_values import UserClock, resolve_range
from task_service.filtering.sorting import parse_sort

WORDS = (
    *("done", "due", "label", "and", "or", "not", "in", "none", "today"),
    *("(", ")", ",", "=", "<", "~", '"x"', "+3d", "3"),
)


def shape(filter: str) -> str:
    """The tree of a filter in prefix notation."""

    def written(node: object) -> str:
        if isinstance(node, Comparison):
            return " ".join([node.field, node.operator, *(value.text for value in node.values)])
        if isinstance(node, Not):
            return f"not[{written(node.term)}]"
        assert isinstance(node, And | Or)
        return f"{'all' if isinstance(node, And) else 'any'}[{', '.join(map(written, node.terms))}]"

    return written(parse_filter(filter))


def place_of_mistake(text: str) -> int:
    try:
        parse_filter(text)
    except FilterError as error:
        return error.position
    return 0


class TestParse:
    @pytest.mark.parametrize(
        ("filter", "tree"),
        [
            ("done", "done is"),
            ("DONE = True", "done = true"),
            ("not done and overdue", "all[not[done is], overdue is]"),
            ("done or due and label", "any[done is, all[due is, label is]]"),
            ("(done or due) and label", "all[any[done is, due is], label is]"),
            ("not not done", "not[not[done is]]"),
            ("not (done or recurring)", "not[any[done is, recurring is]]"),
            ('title ~ "say \\"hi\\" \\\\"', 'title ~ say "hi" \\'),
            ('label not in ("a", "b")', "label not in a b"),
            ("priority in (3,4)", "priority in 3 4"),
            ("due<=today+3d-2h", "due <= today +3d -2h"),
            ("due <= today +1w", "due <= today +1w"),
            ("due >= 2026-12-24T09:00Z", "due >= 2026-12-24T09:00Z"),
            ("due >= 2026-12-24T09:00+02:00 +1d", "due >= 2026-12-24T09:00+02:00 +1d"),
            ("project = none and parent != NONE", "all[project = , parent != ]"),
        ],
    )
    def test_filters_are_parsed(self, filter: str, tree: str) -> None:
        assert shape(filter) == tree

    @given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
    def test_any_text_is_parsed_or_rejected_with_a_position(self, text: str) -> None:
        assert 0 <= place_of_mistake(text) <= len(text)

    @pytest.mark.parametrize("deep", ["(" * 400 + "done" + ")" * 400, "not " * 400 + "done"])
    def test_deep_nesting_is_rejected(self, deep: str) -> None:
        with pytest.raises(FilterError, match="nested up to 50 levels"):
            parse_filter(deep)

    def test_long_filters_are_rejected(self) -> None:
        with pytest.raises(FilterError, match="2000 characters"):
            parse_filter("done and " * 300 + "done")
        with pytest.raises(FilterError, match="100 comparisons"):
            parse_filter(" or ".join(["done"] * 101))


class TestDateValues:
    @pytest.mark.parametrize(
        ("text", "zone", "start", "end"),
        [
            ("today", "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T22:00"),
            ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T23:00"),
            ("today", "Pacific/Kiritimati", "2026-03-28T10:00", "2026-03-29T10:00"),
            ("2026-09-06", "America/Santiago", "2026-09-06T04:00", "2026-09-07T03:00"),
            ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00", "2011-12-30T10:00"),
            ("now", "UTC", "2026-03-29T07:00", "2026-03-29T07:00"),
            ("now +1d", "Europe/Berlin", "2026-03-30T07:00", "2026-03-30T07:00"),
            ("now -1d", "Europe/Berlin", "2026-03-28T08:00", "2026-03-28T08:00"),
            ("today +2h", "Europe/Berlin", "2026-03-29T01:00", "2026-03-29T01:00"),
            ("tomorrow +1w", "UTC", "2026-04-06T00:00", "2026-04-07T00:00"),
            ("2026-03-29T03:30", "Europe/Berlin", "2026-03-29T01:30", "2026-03-29T01:30"),
        ],
    )
    def test_dates_are_resolved_in_the_zone_of_the_user(
        self, text: str, zone: str, start: str, end: str
    ) -> None:
        clock = UserClock(datetime(2026, 3, 29, 7, tzinfo=UTC), zone)
        span = resolve_range(Value("datetime", text, 0), clock)
        assert (f"{span.start:%Y-%m-%dT%H:%M}", f"{span.end:%Y-%m-%dT%H:%M}") == (start, end)


class TestSort:
    def test_sort_order_ends_with_the_id(self) -> None:
        found = parse_sort("-priority, due")
        assert (found.fields, found.descending) == (("priority", "due", "id"), (True, False, False))

    @pytest.mark.parametrize(
        ("sort", "position"),
        [("", 0), ("colour", 0), ("due,", 4), ("due, -colour", 5), ("due,-due", 4), ("--due", 0)],
    )
    def test_sort_errors_point_at_the_wrong_field(self, sort: str, position: int) -> None:
        with pytest.raises(FilterError) as refused:
            parse_sort(sort)
        assert refused.value.position == position


class TestWeek:
    """It is Sunday, 29 November 2026, 22:30 in Berlin."""

    @pytest.mark.parametrize(
        ("zone", "starts", "day"),
        [
            ("Europe/Berlin", None, 23),
            ("America/New_York", None, 29),
            ("Africa/Cairo", None, 28),
            ("Europe/Berlin", "sunday", 29),
            ("America/New_York", "monday", 23),
            ("America/New_York", "saturday", 28),
        ],
    )
    def test_week_starts_as_the_user_or_the_country_says(
        self, zone: str, starts: str | None, day: int
    ) -> None:
        clock = UserClock(datetime(2026, 11, 29, 21, 30, tzinfo=UTC), zone, starts)
        found = resolve_range(Value("datetime", "week", 0), clock)
        assert found == resolve_range(Value("datetime", f"2026-11-{day}", 0), clock)

    def test_week_takes_offsets(self) -> None:
        clock = UserClock(datetime(2026, 11, 29, 21, 30, tzinfo=UTC), "Europe/Berlin", "sunday")
        found = resolve_range(Value("datetime", "week +1w -1d", 0), clock)
        assert found == resolve_range(Value("datetime", "2026-12-05", 0), clock)
