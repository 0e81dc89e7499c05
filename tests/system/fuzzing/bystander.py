"""A second user who just uses the system while somebody else attacks it."""

import threading
import time
from dataclasses import dataclass, field

import httpx2

PAUSE_SECONDS = 0.15
TIMEOUT_SECONDS = 20
CALLS = (
    "/users/me",
    "/tasks",
    "/notifications",
    "/chat/conversations",
    "/analytics/summary",
    "/projects",
)
"""One for each service at least."""


@dataclass(slots=True)
class Bystander:
    """Asks all the time between `with` and its end, each replica in turn, and keeps what it saw."""

    edges: list[str]
    token: str
    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Bystander":
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        assert self._thread
        self._thread.join()

    def typical_seconds(self) -> float:
        """95 of 100 calls took no longer."""
        return sorted(self.seconds)[len(self.seconds) * 95 // 100]

    def _live(self) -> None:
        headers = {"authorization": f"Bearer {self.token}"}
        with httpx2.Client(headers=headers, timeout=TIMEOUT_SECONDS) as client:
            number = 0
            while not self._over.wait(PAUSE_SECONDS):
                edge = self.edges[number // len(CALLS) % len(self.edges)]
                self._call(client, f"{edge}/api/v1{CALLS[number % len(CALLS)]}")
                number += 1

    def _call(self, client: httpx2.Client, url: str) -> None:
        begin = time.monotonic()
        try:
            response = client.get(url)
            if response.status_code != 200:
                self.failures.append(f"{url}: {response.status_code} {response.text[:300]}")
        except httpx2.HTTPError as error:
            self.failures.append(f"{url}: {error!r}")
        self.seconds.append(time.monotonic() - begin)
