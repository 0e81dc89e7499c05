"""How long a request is of use, told from one process to the next."""

import math
from types import SimpleNamespace

import pytest

from overload import deadline


class Clock:
    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def of(value: bytes) -> float:
    return deadline.parse_deadline([(b"host", b"x"), (deadline.HEADER.encode(), value)])


class TestARequest:
    def test_says_how_much_time_is_left(self, clock: Clock) -> None:
        assert of(b"1500") == 1001.5
        assert of(b"0") == 1000.0

    @pytest.mark.parametrize("value", [b"", b"-1", b"1.5", b"1s", b"1e3", b" 5", b"9" * 10, "٣".encode()])
    def test_that_says_it_in_no_whole_milliseconds_has_no_deadline(self, clock: Clock, value: bytes) -> None:
        assert of(value) == math.inf

    def test_without_a_word_has_no_deadline(self) -> None:
        assert deadline.parse_deadline([(b"host", b"x")]) == deadline.remaining() == math.inf


class TestWhatIsLeft:
    def test_becomes_less_by_what_was_used(self, clock: Clock) -> None:
        with deadline.until(of(b"1500")):
            clock.now += 1.2
            assert deadline.remaining() == pytest.approx(0.3)
            assert int(deadline.format_timeout(deadline.remaining())) <= 300
            clock.now += 5
            assert deadline.remaining() == 0

    def test_ends_with_the_request(self, clock: Clock) -> None:
        with deadline.until(of(b"10")):
            pass
        assert deadline.remaining() == math.inf

    def test_is_told_in_whole_milliseconds_and_never_as_more(self) -> None:
        assert [deadline.format_timeout(each) for each in (15, 0.0019, -1)] == ["15000", "1", "0"]
