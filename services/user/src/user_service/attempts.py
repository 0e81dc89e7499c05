"""Counts failed sign-ins of each account, so that passwords can't be guessed in bulk.

Kept in this process only: with n replicas an attacker has n times the tries, which is still few.
"""

import time
from collections import OrderedDict

from user_service.errors import TooManyAttempts

ALLOWED = 10
WINDOW_SECONDS = 900
REMEMBERED = 10_000

_failures: OrderedDict[str, list[float]] = OrderedDict()


def check(email: str) -> None:
    """Raise `TooManyAttempts` if sign-in to this account failed too often lately."""
    recent = _recent(email)
    if len(recent) >= ALLOWED:
        wait = int(recent[0] + WINDOW_SECONDS - time.monotonic()) + 1
        raise TooManyAttempts(headers={"Retry-After": str(wait)})


def failed(email: str) -> None:
    _failures[email] = [*_recent(email), time.monotonic()]
    _failures.move_to_end(email)
    if len(_failures) > REMEMBERED:
        _failures.popitem(last=False)


def succeeded(email: str) -> None:
    _failures.pop(email, None)


def _recent(email: str) -> list[float]:
    since = time.monotonic() - WINDOW_SECONDS
    return [moment for moment in _failures.get(email, []) if moment > since]
