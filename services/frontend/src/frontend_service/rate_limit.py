"""Rate limits, told in the headers of draft-ietf-httpapi-ratelimit-headers-10.

Counted in fixed windows, for each client (`clients`); each replica for itself.
"""

import hashlib
import time
from dataclasses import dataclass, field

from servicekit.errors import TooManyRequests


@dataclass(slots=True)
class RateLimit:
    """`limit` requests a window of `window` seconds for each client."""

    limit: int
    window: int
    _counts: dict[bytes, int] = field(default_factory=dict)
    _window_ends: float = 0

    def count(self, client: str) -> dict[str, str]:
        """Count one request; returns the headers that tell what is left. Raises `TooManyRequests`."""
        now = time.monotonic()
        if now >= self._window_ends:
            self._counts.clear()
            self._window_ends = now + self.window
        key = hashlib.blake2b(client.encode(), digest_size=16).digest()
        used = self._counts[key] = self._counts.get(key, 0) + 1
        reset = int(self._window_ends - now) + 1
        told = {
            "RateLimit-Policy": f'"default";q={self.limit};w={self.window}',
            "RateLimit": f'"default";r={max(0, self.limit - used)};t={reset}',
        }
        if used > self.limit:
            raise TooManyRequests(headers={**told, "Retry-After": str(reset)})
        return told
