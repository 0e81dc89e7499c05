"""Brute-force protection: limits failed sign-ins of each account in a sliding window.

Kept in this process only: with n replicas an attacker has n times the tries, which is still few.
"""

import time
from collections import OrderedDict

from user_service.errors import TooManyAttempts

MAX_FAILURES = 10
WINDOW_SECONDS = 900
MAX_ACCOUNTS = 10_000

_failures: OrderedDict[str, list[float]] = OrderedDict()


def require_attempts_left(email: str) -> None:
    """Raise `TooManyAttempts` if sign-in to this account failed too often lately."""
    recent = _recent_failures(email)
    if len(recent) >= MAX_FAILURES:
        wait = int(recent[0] + WINDOW_SECONDS - time.monotonic()) + 1
        raise TooManyAttempts(headers={"Retry-After": str(wait)})


def record_failure(email: str) -> None:
    _failures[email] = [*_recent_failures(email), time.monotonic()]
    _failures.move_to_end(email)
    if len(_failures) > MAX_ACCOUNTS:
        _failures.popitem(last=False)


def clear_failures(email: str) -> None:
    _failures.pop(email, None)


def _recent_failures(email: str) -> list[float]:
    since = time.monotonic() - WINDOW_SECONDS
    return [moment for moment in _failures.get(email, []) if moment > since]
