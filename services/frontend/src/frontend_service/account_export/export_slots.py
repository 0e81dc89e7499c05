"""Who may export now: one export of an account at a time, and a few altogether, at each replica."""

from dataclasses import dataclass, field

from servicekit.errors import Conflict, Unavailable

RETRY_AFTER_SECONDS = 30


class ExportRunning(Conflict):
    code = "export-running"
    title = "This account is already being exported; wait until that export has finished"


@dataclass(slots=True)
class ExportSlots:
    """A semaphore that refuses instead of waiting: at most `limit` users at once."""

    limit: int
    _running: set[str] = field(default_factory=set)

    def acquire(self, user_id: str) -> None:
        """Begin; `release` ends it. Raises `ExportRunning`, or `Unavailable` while others export."""
        if user_id in self._running:
            raise ExportRunning
        if len(self._running) >= self.limit:
            raise Unavailable(
                "Too many exports are running right now; try again in a moment.",
                code="exports-busy",
                retry_after=RETRY_AFTER_SECONDS,
            )
        self._running.add(user_id)

    def release(self, user_id: str) -> None:
        self._running.discard(user_id)
