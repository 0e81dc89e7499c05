"""Rate limits, told in the headers of draft-ietf-httpapi-ratelimit-headers-10.

Counted in fixed windows, for each client (`clients`), each request with its weight (`costs`); a few
operations also in a small budget of an hour. Each replica counts for itself.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from frontend_service.gateway.costs import BUDGET_SECONDS, NOTHING_SPECIAL, Cost
from servicekit.errors import TooManyRequests
from servicekit.web.quotas import Usage

Told = dict[str, str]


@dataclass(slots=True)
class Window:
    """`limit` units a window of `seconds` for each client."""

    name: str
    limit: int
    seconds: int
    _used: dict[bytes, int] = field(default_factory=dict)
    _ends: float = 0

    def take(self, key: bytes, units: int, now: float) -> bool:
        """Whether there were so many units left. More than all of them costs all of them."""
        if now >= self._ends:
            self._used.clear()
            self._ends = now + self.seconds
        used = self._used.get(key, 0) + min(units, self.limit)
        if used > self.limit:
            return False
        self._used[key] = used
        return True

    def used(self, key: bytes, now: float) -> int:
        return self._used.get(key, 0) if now < self._ends else 0

    def resets_in(self, now: float) -> int:
        return int(self._ends - now) + 1

    def policy(self) -> str:
        return f'"{self.name}";q={self.limit};w={self.seconds}'

    def state(self, key: bytes, now: float) -> str:
        return f'"{self.name}";r={max(0, self.limit - self.used(key, now))};t={self.resets_in(now)}'


class RateLimit:
    """The windows a request is counted in: the one for all, and that of its budget if it has one.

    limit: units of all requests of a client in `window` seconds. budgets: uses an hour, by name.
    """

    def __init__(self, limit: int, window: int, budgets: Mapping[str, int] | None = None) -> None:
        self.all = Window("default", limit, window)
        self.budgets = {
            name: Window(name.replace("_", "-"), uses, BUDGET_SECONDS)
            for name, uses in (budgets or {}).items()
        }

    def count(self, client: str, cost: Cost = NOTHING_SPECIAL) -> Told:
        """Count one request; returns the headers that tell what is left. Raises `TooManyRequests`."""
        now, key = time.monotonic(), _key(client)
        window = self.all
        if not window.take(key, cost.weight, now):
            raise _refusal(window, {}, key, now)
        told = {"RateLimit-Policy": window.policy(), "RateLimit": window.state(key, now)}
        budget = self.budgets.get(cost.budget) if cost.budget else None
        if budget is None:
            return told
        if not budget.take(key, 1, now):
            raise _refusal(budget, told, key, now)
        return _joined(told, budget, key, now)

    def usage_of(self, client: str) -> Iterator[Usage]:
        """What a client has used in the windows that run, at this replica."""
        now, key = time.monotonic(), _key(client)
        names = {"requests": self.all} | self.budgets
        for name, window in names.items():
            yield Usage(
                name=name, used=window.used(key, now), limit=window.limit, window_seconds=window.seconds
            )


def _refusal(window: Window, told: Told, key: bytes, now: float) -> TooManyRequests:
    headers = _joined(told, window, key, now)
    return TooManyRequests(headers={**headers, "Retry-After": str(window.resets_in(now))})


def _joined(told: Told, window: Window, key: bytes, now: float) -> Told:
    """The headers with one window more; both are lists (RFC 9651)."""
    more = {"RateLimit-Policy": window.policy(), "RateLimit": window.state(key, now)}
    return {name: f"{told[name]}, {value}" if name in told else value for name, value in more.items()}


def _key(client: str) -> bytes:
    return hashlib.blake2b(client.encode(), digest_size=16).digest()
