"""Failed sign-ins are counted, per account and for a while."""

import pytest
from user_service import sign_in_throttle
from user_service.errors import TooManyAttempts


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(sign_in_throttle, "_failures", type(sign_in_throttle._failures)())
    monkeypatch.setattr("user_service.sign_in_throttle.time.monotonic", lambda: now[0])
    return now


@pytest.mark.usefixtures("clock")
class TestAttempts:
    def test_are_allowed_up_to_a_number(self) -> None:
        for _ in range(sign_in_throttle.MAX_FAILURES):
            sign_in_throttle.require_attempts_left("ada")
            sign_in_throttle.record_failure("ada")
        with pytest.raises(TooManyAttempts):
            sign_in_throttle.require_attempts_left("ada")

    def test_of_others_do_not_count(self) -> None:
        for _ in range(sign_in_throttle.MAX_FAILURES):
            sign_in_throttle.record_failure("ada")
        sign_in_throttle.require_attempts_left("bob")

    def test_are_forgotten_after_a_success(self) -> None:
        for _ in range(sign_in_throttle.MAX_FAILURES):
            sign_in_throttle.record_failure("ada")
        sign_in_throttle.clear_failures("ada")
        sign_in_throttle.require_attempts_left("ada")

    def test_are_forgotten_after_a_while(self, clock: list[float]) -> None:
        for _ in range(sign_in_throttle.MAX_FAILURES):
            sign_in_throttle.record_failure("ada")
        clock[0] += sign_in_throttle.WINDOW_SECONDS + 1
        sign_in_throttle.require_attempts_left("ada")

    def test_say_how_long_to_wait(self, clock: list[float]) -> None:
        for _ in range(sign_in_throttle.MAX_FAILURES):
            sign_in_throttle.record_failure("ada")
        clock[0] += 100
        with pytest.raises(TooManyAttempts) as refusal:
            sign_in_throttle.require_attempts_left("ada")
        assert refusal.value.headers["Retry-After"] == str(sign_in_throttle.WINDOW_SECONDS - 100 + 1)

    def test_of_many_accounts_take_bounded_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sign_in_throttle, "MAX_ACCOUNTS", 3)
        for number in range(10):
            sign_in_throttle.record_failure(str(number))
        assert len(sign_in_throttle._failures) == 3
