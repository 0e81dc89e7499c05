"""What a load came to, as its report file says it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loadtest.load.cpu import BESIDE, Look, cores_between
from loadtest.load.plan import Phase, Plan
from loadtest.load.samples import Sample, seconds_until_normal, select_between, tally_samples
from loadtest.measure import report

NORMAL = 1.5
"""How many times the p95 before an overload is normal after it."""
OUTSIDE = ("generator", BESIDE)
"""What is no part of the system."""
Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """begun: when each phase began and the last one ended. late: when the generator looked at its clock,
    and the milliseconds by which it was late."""

    samples: Sequence[Sample]
    looks: Sequence[Look]
    begun: Sequence[float]
    late: Sequence[tuple[float, float]] = ()


def compute_result(plan: Plan, seen: Seen) -> Result:
    """Numbers of each phase that counts, and of each second."""
    begun = seen.begun
    spans = list(zip(plan.phases, begun, begun[1:], strict=False))
    phases = [
        phase_result(phase, plan.pace, seen, start + phase.ramp_seconds, end)
        for phase, start, end in spans
        if phase.ramp_seconds < phase.seconds
    ]
    found: Result = {"kind": plan.kind, "pace": plan.pace, "phases": phases}
    if plan.kind == "overload":
        found["recovery"] = measure_recovery(phases[0], seen.samples, begun[-2], begun[-1])
    return found | {"seconds": by_second(seen.samples, begun[0], begun[-1])}


def phase_result(phase: Phase, pace: float, seen: Seen, start: float, end: float) -> Result:
    """offered: requests a second the users would send if each were answered within the pace.

    late: the p95 of how late the generator was, in ms; None if it never looked.
    """
    found = select_between(seen.samples, start, end)
    routes = sorted({sample.route for sample in found})
    late = [ms for at, ms in seen.late if start <= at < end]
    seconds = end - start
    return {
        "name": phase.name,
        "users": phase.users,
        "offered": round(phase.users / pace, 2),
        "seconds": round(seconds, 2),
        "late": report.percentile(late, 0.95) if late else None,
        "all": asdict(tally_samples(found, seconds)),
        "routes": {
            route: asdict(tally_samples((sample for sample in found if sample.route == route), seconds))
            for route in routes
        },
        "statuses": _count_statuses(found),
        "cores": cores_between(seen.looks, start, end),
    }


def measure_recovery(before: Result, samples: Sequence[Sample], since: float, until: float) -> Result:
    """seconds: after the overload until it is as before it; None if it is not by the end."""
    limit = NORMAL * before["all"]["p95"]
    return {
        "p95_before": before["all"]["p95"],
        "limit": round(limit, 2),
        "seconds": seconds_until_normal(samples, since, until, limit),
    }


def by_second(samples: Sequence[Sample], start: float, end: float) -> list[Result]:
    """Of requests by the second they began in."""
    groups: dict[int, list[Sample]] = {second: [] for second in range(int(end - start))}
    for sample in samples:
        groups.get(int(sample.at - start), []).append(sample)
    columns = ("sent", "accepted", "refused", "failed", "p95")
    tallies = {second: asdict(tally_samples(group, 1)) for second, group in groups.items()}
    return [{"second": second} | {name: found[name] for name in columns} for second, found in tallies.items()]


def cpu_ms_each(phase: Result) -> float:
    """CPU milliseconds of the system, without the generator, an accepted request."""
    cores = sum(cores for role, cores in phase["cores"].items() if role not in OUTSIDE)
    return float(cores / phase["all"]["goodput"] * 1e3) if phase["all"]["goodput"] else 0.0


def goodput_a_core(phase: Result, processors: int) -> float:
    """Accepted a second for each core that neither the generator nor other programs used."""
    taken = sum(phase["cores"].get(role, 0.0) for role in OUTSIDE)
    return float(phase["all"]["goodput"] / (processors - taken))


def write_result(name: str, found: Result) -> Path:
    """A line a phase and a second, so that two runs can be compared."""
    path = report.FOLDER / f"{name}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    return path


def read_result(name: str, folder: Path = report.FOLDER) -> Result:
    found: Result = json.loads((folder / f"{name}.json").read_text())
    return found


def _count_statuses(samples: Sequence[Sample]) -> dict[str, int]:
    """How often each status was answered; 0: no response."""
    found: dict[str, int] = {}
    for sample in samples:
        found[str(sample.status)] = found.get(str(sample.status), 0) + 1
    return dict(sorted(found.items()))
