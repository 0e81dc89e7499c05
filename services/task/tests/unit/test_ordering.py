"""Positions: between two there is always another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_service.fractional_index import DIGITS, between, first_of_all, last_of_all

POSITIONS = st.text(DIGITS, max_size=8).filter(lambda text: not text.endswith("0"))


class TestBetween:
    @given(low=POSITIONS, high=POSITIONS)
    def test_lies_between(self, low: str, high: str) -> None:
        if low == high:
            return
        low, high = sorted([low, high])
        found = between(low, high)
        assert low < found < high
        assert not found.endswith("0")

    @given(low=POSITIONS)
    def test_lies_behind_where_nothing_follows(self, low: str) -> None:
        assert between(low, None) > low

    @given(choices=st.lists(st.integers(0, 1000), max_size=60))
    def test_never_renumbers_whatever_is_put_where(self, choices: list[int]) -> None:
        row = [last_of_all(), last_of_all()]
        for choice in choices:
            place = choice % (len(row) - 1)
            row.insert(place + 1, between(row[place], row[place + 1]))
        assert row == sorted(set(row))

    def test_grows_by_a_letter_for_about_six_moves_into_one_gap(self) -> None:
        low, high = "a", "b"
        for _ in range(600):
            high = between(low, high)
        assert 90 < len(high) < 125

    @pytest.mark.parametrize(("low", "high"), [("b", "a"), ("a", "a"), ("a", "a0")])
    def test_refuses_where_nothing_can_lie(self, low: str, high: str) -> None:
        with pytest.raises(ValueError, match="nothing lies"):
            between(low, high)


class TestEnds:
    def test_are_beyond_what_was_there_and_do_not_grow(self) -> None:
        lasts = [last_of_all() for _ in range(50)]
        firsts = [first_of_all() for _ in range(50)]
        assert lasts == sorted(set(lasts))
        assert firsts == sorted(set(firsts), reverse=True)
        assert firsts[0] < lasts[0]
        assert {len(each) for each in lasts + firsts} == {33, 35}
