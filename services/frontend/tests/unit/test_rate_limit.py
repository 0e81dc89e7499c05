"""So many requests a window, for each client."""

import pytest
from frontend_service.rate_limit import RateLimit

from servicekit.errors import TooManyRequests


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("frontend_service.rate_limit.time.monotonic", lambda: now[0])
    return now


@pytest.mark.usefixtures("clock")
class TestRateLimit:
    def test_tells_what_is_left_and_for_how_long(self, clock: list[float]) -> None:
        limit = RateLimit(3, 10)
        limit.count("ada")
        clock[0] += 4
        told = {"RateLimit-Policy": '"default";q=3;w=10', "RateLimit": '"default";r=1;t=7'}
        assert limit.count("ada") == told

    def test_refuses_one_more_and_says_when_to_come_back(self, clock: list[float]) -> None:
        limit = RateLimit(3, 10)
        for _ in range(3):
            limit.count("ada")
        clock[0] += 4
        with pytest.raises(TooManyRequests) as refusal:
            limit.count("ada")
        assert refusal.value.headers["Retry-After"] == "7"
        assert refusal.value.headers["RateLimit"] == '"default";r=0;t=7'

    def test_counts_each_client_by_itself(self) -> None:
        limit = RateLimit(1, 10)
        limit.count("ada")
        limit.count("bob")

    def test_begins_anew_with_each_window(self, clock: list[float]) -> None:
        limit = RateLimit(1, 10)
        for _ in range(5):
            limit.count("ada")
            clock[0] += 10
