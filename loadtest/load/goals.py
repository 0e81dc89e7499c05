"""What the loads are to reach, and whether they did."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loadtest.load.results import Result

FALL = 0.9
"""Of the best goodput, what is to be left under any load."""
NORMAL_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Goal:
    of: str
    what: str
    measured: str
    met: bool


def check_goals(found: Mapping[str, Result]) -> list[Goal]:
    """Those of the loads there are results of, by the name of the report."""
    made: list[Goal] = []
    if "load-pace-4.7s" in found:
        made += _at_ease(found["load-pace-4.7s"])
    if "load-pace-1s" in found:
        made += _check_high_load(found["load-pace-1s"], found.get("load-staircase"))
    if "load-staircase" in found:
        made += _check_staircase(found["load-staircase"])
    if "load-overload" in found:
        made += _check_recovery(found["load-overload"])
    return made


def _at_ease(found: Result) -> Iterator[Goal]:
    all = found["phases"][0]["all"]
    bad = all["failed"] + all["refused"]
    yield Goal("a", "nothing refused or failed", f"{bad:,} of {all['sent']:,}", bad == 0)
    yield _check_latency("a", "p95", all["p95"], 100)
    yield _check_latency("a", "p99", all["p99"], 200)


def _check_high_load(found: Result, stairs: Result | None) -> Iterator[Goal]:
    all = found["phases"][0]["all"]
    yield Goal(
        "b", "nothing failed but by 429 or 503", f"{all['failed']:,} of {all['sent']:,}", not all["failed"]
    )
    quick = all["quick_refusals"]
    share = "none refused" if quick is None else f"{quick * 100:.0f} %"
    yield Goal("b", "refusals within 50 ms", share, quick is None or quick == 1)
    yield _check_latency("b", "p95 of accepted requests", all["p95"], 500)
    if stairs:
        best = best_goodput(stairs)
        reached = all["goodput"] / best
        what = f"goodput at least {FALL * 100:.0f} % of the best of c"
        yield Goal("b", what, f"{all['goodput']:.0f} of {best:.0f}/s, {reached * 100:.0f} %", reached >= FALL)


def _check_staircase(found: Result) -> Iterator[Goal]:
    least = worst_after_best(found)
    what = f"goodput never below {FALL * 100:.0f} % of its peak, once reached"
    yield Goal("c", what, f"least {least * 100:.0f} %", least >= FALL)


def _check_recovery(found: Result) -> Iterator[Goal]:
    seconds = found["recovery"]["seconds"]
    value = "not within the run" if seconds is None else f"{seconds} s"
    what = f"normal within {NORMAL_SECONDS} s"
    yield Goal("d", what, value, seconds is not None and seconds <= NORMAL_SECONDS)


def best_goodput(stairs: Result) -> float:
    return max(float(phase["all"]["goodput"]) for phase in stairs["phases"])


def worst_after_best(stairs: Result) -> float:
    """The least goodput from the peak on, as a share of the peak."""
    goodputs = [float(phase["all"]["goodput"]) for phase in stairs["phases"]]
    best = max(goodputs)
    return min(goodputs[goodputs.index(best) :]) / best if best else 0


def _check_latency(of: str, what: str, ms: float | None, limit: float) -> Goal:
    value = "nothing accepted" if ms is None else f"{ms:.0f} ms"
    return Goal(of, f"{what} < {limit:.0f} ms", value, ms is not None and ms < limit)
