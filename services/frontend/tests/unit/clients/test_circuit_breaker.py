"""A service that can't be reached is left alone for a moment."""

from collections.abc import Callable

import pytest
from frontend_service.clients.circuit_breaker import OPEN_SECONDS, SILENT_SECONDS, TRIPS_AFTER, CircuitBreaker
from prometheus_client import REGISTRY

from servicekit.errors import Unavailable

Wait = Callable[[float], None]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """Lets so many seconds pass."""
    now = [1000.0]
    monkeypatch.setattr("frontend_service.clients.circuit_breaker.time.monotonic", lambda: now[0])

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    return pass_by


@pytest.fixture
def opened(wait: Wait) -> CircuitBreaker:
    breaker = CircuitBreaker("task")
    for _ in range(TRIPS_AFTER):
        breaker.check()
        breaker.failed()
    return breaker


def times_opened(name: str) -> float | None:
    return REGISTRY.get_sample_value("todo_breaker_opened_total", {"upstream": name})


class TestCircuitBreaker:
    def test_opens_after_consecutive_failures(self, opened: CircuitBreaker) -> None:
        with pytest.raises(Unavailable) as refusal:
            opened.check()
        assert refusal.value.code == "task-unavailable"

    def test_resets_its_count_after_a_success(self) -> None:
        breaker = CircuitBreaker("task")
        for _ in range(3 * TRIPS_AFTER):
            for _ in range(TRIPS_AFTER - 1):
                breaker.failed()
            breaker.succeeded()
        breaker.check()

    def test_stays_closed_while_another_replica_answers(self, wait: Wait) -> None:
        breaker = CircuitBreaker("task")
        breaker.succeeded()
        for _ in range(2 * TRIPS_AFTER):
            breaker.failed()
        breaker.check()
        wait(SILENT_SECONDS)
        breaker.failed()
        with pytest.raises(Unavailable):
            breaker.check()

    def test_lets_one_call_through_after_the_wait(self, opened: CircuitBreaker, wait: Wait) -> None:
        wait(OPEN_SECONDS)
        opened.check()
        with pytest.raises(Unavailable):
            opened.check()

    def test_stays_open_when_the_trial_call_fails(self, opened: CircuitBreaker, wait: Wait) -> None:
        wait(OPEN_SECONDS)
        opened.check()
        wait(OPEN_SECONDS - 0.1)
        opened.failed()
        wait(OPEN_SECONDS - 0.1)
        with pytest.raises(Unavailable):
            opened.check()

    def test_is_exported_to_prometheus_from_the_start_and_each_time_it_opens(self, wait: Wait) -> None:
        breaker = CircuitBreaker("of this test")
        seen = [times_opened("of this test")]
        for _ in range(TRIPS_AFTER + 1):
            breaker.failed()
            seen.append(times_opened("of this test"))
        assert seen == [0] * TRIPS_AFTER + [1, 2]

    def test_closes_when_the_trial_call_succeeds(self, opened: CircuitBreaker, wait: Wait) -> None:
        wait(OPEN_SECONDS)
        opened.check()
        opened.succeeded()
        opened.check()
        opened.check()
