"""Failed sign-ins are counted, per account and for a while."""

import pytest
from user_service import attempts
from user_service.errors import TooManyAttempts


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(attempts, "_failures", type(attempts._failures)())
    monkeypatch.setattr("user_service.attempts.time.monotonic", lambda: now[0])
    return now


@pytest.mark.usefixtures("clock")
class TestAttempts:
    def test_are_allowed_up_to_a_number(self) -> None:
        for _ in range(attempts.ALLOWED):
            attempts.check("ada")
            attempts.failed("ada")
        with pytest.raises(TooManyAttempts):
            attempts.check("ada")

    def test_of_others_do_not_count(self) -> None:
        for _ in range(attempts.ALLOWED):
            attempts.failed("ada")
        attempts.check("bob")

    def test_are_forgotten_after_a_success(self) -> None:
        for _ in range(attempts.ALLOWED):
            attempts.failed("ada")
        attempts.succeeded("ada")
        attempts.check("ada")

    def test_are_forgotten_after_a_while(self, clock: list[float]) -> None:
        for _ in range(attempts.ALLOWED):
            attempts.failed("ada")
        clock[0] += attempts.WINDOW_SECONDS + 1
        attempts.check("ada")

    def test_say_how_long_to_wait(self, clock: list[float]) -> None:
        for _ in range(attempts.ALLOWED):
            attempts.failed("ada")
        clock[0] += 100
        with pytest.raises(TooManyAttempts) as refusal:
            attempts.check("ada")
        assert refusal.value.headers["Retry-After"] == str(attempts.WINDOW_SECONDS - 100 + 1)

    def test_of_many_accounts_take_bounded_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attempts, "REMEMBERED", 3)
        for number in range(10):
            attempts.failed(str(number))
        assert len(attempts._failures) == 3
