"""Cursors: opaque, bound to their list, and never trusted."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.errors import Invalid
from servicekit.web.pagination import decode_cursor, encode_cursor, paginate, parse_time_and_id

VALUES = st.lists(st.none() | st.text(max_size=20) | st.integers(-(2**53), 2**53) | st.booleans(), max_size=4)


class TestCursor:
    @given(VALUES)
    def test_comes_back_as_it_went(self, values: list[object]) -> None:
        cursor = encode_cursor(values, scope="a list")
        assert decode_cursor(cursor, scope="a list", values=len(values)) == values

    @given(st.text(max_size=60))
    def test_of_any_text_is_refused_or_read_but_never_an_accident(self, text: str) -> None:
        with pytest.raises(Invalid) as refusal:
            decode_cursor(text, scope="a list", values=1)
        assert refusal.value.errors[0].pointer == "?cursor"

    def test_of_another_list_is_refused(self) -> None:
        cursor = encode_cursor(["x"], scope="a list")
        with pytest.raises(Invalid):
            decode_cursor(cursor, scope="another list", values=1)

    def test_with_other_values_is_refused(self) -> None:
        cursor = encode_cursor(["x", "y"], scope="a list")
        with pytest.raises(Invalid):
            decode_cursor(cursor, scope="a list", values=1)


class TestBehind:
    def test_is_a_moment_and_an_id(self) -> None:
        moment, id = parse_time_and_id(["2026-05-01T02:00:00+02:00", "x"])
        assert (moment, id) == (datetime(2026, 5, 1, tzinfo=UTC), "x")

    @pytest.mark.parametrize(
        "last",
        [["x", "y"], [None, "y"], ["0001-01-01T00:00:00+14:00", "y"], ["9999-12-31T23:59:59-12:00", "y"]],
    )
    def test_anything_else_is_refused(self, last: list[object]) -> None:
        with pytest.raises(Invalid) as refusal:
            parse_time_and_id(last)
        assert refusal.value.code == "cursor-invalid"


class TestPageOf:
    @pytest.mark.parametrize(
        ("rows", "page", "last"), [("", "", None), ("ab", "ab", None), ("abc", "ab", "b")]
    )
    def test_tells_whether_more_follows(self, rows: str, page: str, last: str | None) -> None:
        assert paginate(rows, 2) == (page, last)
