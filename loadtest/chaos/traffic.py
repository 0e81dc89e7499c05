"""How much is asked while something breaks: a share of what the load tests found to be the knee."""

from dataclasses import dataclass

from loadtest.load.results import Result, read_result

STAIRS = "load-staircase"
SERVED = 0.95
"""Of what is offered, what is answered well up to the knee."""
PROBES_EACH_SECOND = 10
WRITERS = 0.2
"""Of the people, who do nothing but write: 3 of 100 requests, as in the mix, are too few for a ledger."""
MAX_PEOPLE = 200
PACE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """knee, rate: requests a second, at the knee and here. mixed: people who ask for the mix; writers."""

    knee: float
    rate: float
    mixed: int
    writers: int
    pace: float = PACE_SECONDS


def plan_traffic(share: float, stairs: Result | None = None) -> Traffic:
    """stairs: the result of a staircase; else the one in the reports. Raises ValueError beyond MAX_PEOPLE."""
    knee = find_knee(stairs or read_result(STAIRS))
    people = round((knee * share - PROBES_EACH_SECOND) * PACE_SECONDS)
    if not 2 <= people <= MAX_PEOPLE:
        raise ValueError(f"{share:g} of {knee:g} requests a second are not those of 2 to {MAX_PEOPLE} people")
    writers = max(1, round(people * WRITERS))
    return Traffic(knee, knee * share, people - writers, writers)


def find_knee(stairs: Result) -> float:
    """The most requests a second, offered, up to which every step of a staircase was served nearly all."""
    knee = 0.0
    for phase in stairs["phases"]:
        if phase["all"]["goodput"] < SERVED * phase["offered"]:
            break
        knee = phase["offered"]
    return knee
