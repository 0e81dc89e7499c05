"""Who may export now: one export of an account at a time, and a few altogether, at each replica."""

from dataclasses import dataclass, field

from servicekit.errors import Conflict, Unavailable

WAIT_SECONDS = 30


class ExportRunning(Conflict):
    code = "export-running"
    title = "This account is being exported already; wait until that has ended"


@dataclass(slots=True)
class Turns:
    """At most `most` users at once."""

    most: int
    _running: set[str] = field(default_factory=set)

    def take(self, user_id: str) -> None:
        """Begin; `give_back` ends it. Raises `ExportRunning`, or `Unavailable` while others export."""
        if user_id in self._running:
            raise ExportRunning
        if len(self._running) >= self.most:
            raise Unavailable(
                "Others are exporting right now; try again in a moment.",
                code="exports-busy",
                retry_after=WAIT_SECONDS,
            )
        self._running.add(user_id)

    def give_back(self, user_id: str) -> None:
        self._running.discard(user_id)
