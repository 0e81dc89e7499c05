"""Until when a request is of use to whoever asked, told from one process to the next.

As time that is left, because clocks differ: the header is the one Envoy sends to the servers behind it, and
means what gRPC's `grpc-timeout` does. In a process it is a time on its own monotonic clock.
"""

import math
import time
from collections.abc import Iterable
from contextvars import ContextVar

HEADER = "x-envoy-expected-rq-timeout-ms"
_NAME = HEADER.encode()
_MOST_DIGITS = 9

_until: ContextVar[float] = ContextVar("until", default=math.inf)


def parse_deadline(headers: Iterable[tuple[bytes, bytes]]) -> float:
    """When a request that comes now with these headers is over; never for one that doesn't say."""
    for name, value in headers:
        if name == _NAME and value.isdigit() and len(value) <= _MOST_DIGITS:
            return time.monotonic() + int(value) / 1000
    return math.inf


def format_timeout(seconds: float) -> str:
    """The value of the header; never more than is left."""
    return str(max(0, math.floor(seconds * 1000)))


def remaining() -> float:
    """Seconds; 0 when it is over."""
    when = _until.get()
    return when if when == math.inf else max(0.0, when - time.monotonic())


class until:  # a function to who uses it; as a generator it would cost five times as much
    """For what is done in the block, and what it starts."""

    __slots__ = ("_token", "_when")

    def __init__(self, when: float) -> None:
        self._when = when

    def __enter__(self) -> None:
        self._token = _until.set(self._when)

    def __exit__(self, *_: object) -> None:
        _until.reset(self._token)
