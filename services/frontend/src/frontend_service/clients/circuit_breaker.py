"""A circuit breaker per service: who can't be reached is left alone for a moment.

Only calls that never reached the service count, so wrong requests of one client cut nobody off
(docs/decisions/0006); and only where nobody of the service answers: one replica of two that is gone fails
every second call, so now and then five in a row, while the other one works.
"""

import math
import time
from dataclasses import dataclass

from prometheus_client import Counter

from servicekit.errors import Unavailable

TRIPS_AFTER = 5
SILENT_SECONDS = 1.0
"""For so long no call may have succeeded."""
OPEN_SECONDS = 2.0
OPENED = Counter(
    "todo_breaker_opened_total", "Times a service was left alone, each failed try again counted", ["upstream"]
)


@dataclass(slots=True)
class CircuitBreaker:
    """Closed: calls go through. Open: they fail at once. After a while one call tries again."""

    name: str
    _failures: int = 0
    _closed_from: float = 0
    _succeeded_at: float = -math.inf
    _is_open: bool = False

    def __post_init__(self) -> None:
        OPENED.labels(self.name)

    def check(self) -> None:
        """Raise `Unavailable` while open; lets one call through when it is time to try."""
        if not self._is_open:
            return
        now = time.monotonic()
        if now < self._closed_from:
            raise Unavailable(f"The service {self.name} can't be reached.", code=f"{self.name}-unavailable")
        self._closed_from = now + OPEN_SECONDS

    def failed(self) -> None:
        now = time.monotonic()
        self._failures += 1
        if self._failures >= TRIPS_AFTER and now - self._succeeded_at >= SILENT_SECONDS:
            OPENED.labels(self.name).inc()
            self._is_open, self._closed_from = True, now + OPEN_SECONDS

    def succeeded(self) -> None:
        self._failures, self._is_open = 0, False
        self._succeeded_at = time.monotonic()
