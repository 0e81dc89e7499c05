"""What is asked of the system and for how long: phases with a number of users each, at one pace."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

MAX_USERS = 2_000
MAX_SECONDS = 900
WARM_UP_SECONDS = 15
STEPS = (50, 100, 200, 300, 500, 1_000, 1_500, 2_000)
PATIENCE_SECONDS = 10
"""Of silence after which a user gives up. Else who waits at the end of the run would be in no count."""
TIMES = 10
"""What an overload is of the normal load."""


@dataclass(frozen=True, slots=True)
class Phase:
    """ramp_seconds: seconds at its beginning that don't count, while users come or go."""

    name: str
    users: int
    seconds: float
    ramp_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """pace: seconds from the beginning of one request of a user to the next one's.

    Raises ValueError where it asks for more users or time than a run may take.
    """

    kind: str
    pace: float
    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        if self.pace <= 0 or self.users > MAX_USERS or self.seconds > MAX_SECONDS:
            raise ValueError(f"at most {MAX_USERS} users and {MAX_SECONDS} s, at a pace over 0")

    @property
    def name(self) -> str:
        """Of its reports: two paces are two reports."""
        return f"load-{self.kind}-{self.pace:g}s" if self.kind == "pace" else f"load-{self.kind}"

    @property
    def users(self) -> int:
        return max(phase.users for phase in self.phases)

    @property
    def seconds(self) -> float:
        return sum(phase.seconds for phase in self.phases)

    def phase_at(self, seconds: float) -> int | None:
        """The number of the phase so long after the beginning; None after the last."""
        for number, phase in enumerate(self.phases):
            if seconds < phase.seconds:
                return number
            seconds -= phase.seconds
        return None

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Plan":
        given = json.loads(path.read_text())
        return cls(given["kind"], given["pace"], tuple(Phase(**each) for each in given["phases"]))


def plan_steady_load(users: int, pace: float, seconds: float) -> Plan:
    """As many users all the time."""
    return Plan("pace", pace, (_warm_up(users, pace), Phase(f"{users:,} users", users, seconds)))


def plan_staircase(users: int, pace: float, seconds: float) -> Plan:
    """From few users to `users`; so many seconds a step."""
    steps = [step for step in STEPS if step < users] + [users]
    phases = [Phase(f"{step:,} users", step, seconds, _settling_seconds(pace)) for step in steps]
    return Plan("staircase", pace, (_warm_up(steps[0], pace), *phases))


def plan_overload(users: int, pace: float, seconds: float) -> Plan:
    """A normal load, ten times as much for so many seconds, and the normal load again."""
    return Plan(
        "overload",
        pace,
        (
            _warm_up(users, pace),
            Phase("before", users, seconds / 2),
            Phase(f"{TIMES} times as much", users * TIMES, seconds, _settling_seconds(pace)),
            Phase("after", users, seconds),
        ),
    )


def _warm_up(users: int, pace: float) -> Phase:
    seconds = WARM_UP_SECONDS + pace
    return Phase("warm-up", users, seconds, ramp_seconds=seconds)


def _settling_seconds(pace: float) -> float:
    return 2 + pace
