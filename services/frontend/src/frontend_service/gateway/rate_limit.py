"""Rate limits, sent in the headers of draft-ietf-httpapi-ratelimit-headers-10.

Counted in fixed windows, for each client (`clients`), each request with its weight (`costs`); a few
operations also in a small budget of an hour. Each replica counts for itself.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from frontend_service.gateway.costs import BUDGET_SECONDS, DEFAULT_COST, Cost
from servicekit.errors import TooManyRequests
from servicekit.web.quotas import Usage

Headers = dict[str, str]


@dataclass(slots=True)
class Window:
    """`limit` units a window of `seconds` for each client.

    Fixed windows, which end for all clients at once: a client may use two of them around an end, and each
    client costs one number.
    """

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
        """Units a client has used in the current window; 0 once that has ended."""
        return self._used.get(key, 0) if now < self._ends else 0

    def resets_in(self, now: float) -> int:
        """Whole seconds until the window ends, at least 1."""
        return int(self._ends - now) + 1

    def policy(self) -> str:
        """Its item in `RateLimit-Policy`."""
        return f'"{self.name}";q={self.limit};w={self.seconds}'

    def state(self, key: bytes, now: float) -> str:
        """Its item in `RateLimit`: what a client has left."""
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

    def count(self, client: str, cost: Cost = DEFAULT_COST) -> Headers:
        """Count one request; returns the headers that tell what is left. Raises `TooManyRequests`."""
        now, key = time.monotonic(), _hash_client(client)
        window = self.all
        if not window.take(key, cost.weight, now):
            raise _refuse(window, {}, key, now)
        headers = {"RateLimit-Policy": window.policy(), "RateLimit": window.state(key, now)}
        budget = self.budgets.get(cost.budget) if cost.budget else None
        if budget is None:
            return headers
        if not budget.take(key, 1, now):
            raise _refuse(budget, headers, key, now)
        return _join_headers(headers, budget, key, now)

    def list_usage(self, client: str) -> Iterator[Usage]:
        """What a client has used in the windows that run, at this replica."""
        now, key = time.monotonic(), _hash_client(client)
        names = {"requests": self.all} | self.budgets
        for name, window in names.items():
            yield Usage(
                name=name, used=window.used(key, now), limit=window.limit, window_seconds=window.seconds
            )


def _refuse(window: Window, headers: Headers, key: bytes, now: float) -> TooManyRequests:
    headers = _join_headers(headers, window, key, now)
    return TooManyRequests(headers={**headers, "Retry-After": str(window.resets_in(now))})


def _join_headers(headers: Headers, window: Window, key: bytes, now: float) -> Headers:
    """The headers with one window more; both are lists (RFC 9651)."""
    more = {"RateLimit-Policy": window.policy(), "RateLimit": window.state(key, now)}
    return {name: f"{headers[name]}, {value}" if name in headers else value for name, value in more.items()}


def _hash_client(client: str) -> bytes:
    return hashlib.blake2b(client.encode(), digest_size=16).digest()
