"""Requests one by one, and what many of them come to."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from loadtest.measure.report import percentile

REFUSED = (429, 503)
QUICK_MS = 50
"""How soon who is refused should know."""


class Sample(NamedTuple):
    """One request. at: when it began, seconds since 1970; status: 0 where no response came."""

    at: float
    route: str
    status: int
    ms: float

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 400

    @property
    def refused(self) -> bool:
        return self.status in REFUSED


@dataclass(frozen=True, slots=True)
class Tally:
    """Times in ms; None where there is nothing to take them of.

    sent: requests begun; accepted, refused (429, 503), failed: what came of them; goodput: accepted a
    second; p50, p95, p99: of what was accepted; quick_refusals: share of refusals within QUICK_MS.
    """

    sent: int
    accepted: int
    refused: int
    failed: int
    goodput: float
    p50: float | None
    p95: float | None
    p99: float | None
    refused_p50: float | None
    refused_p95: float | None
    quick_refusals: float | None


def tally_samples(samples: Iterable[Sample], seconds: float) -> Tally:
    """What came of the requests of so many seconds."""
    samples = list(samples)
    accepted = sorted(sample.ms for sample in samples if sample.accepted)
    refused = sorted(sample.ms for sample in samples if sample.refused)
    quick = sum(ms < QUICK_MS for ms in refused)
    return Tally(
        sent=len(samples),
        accepted=len(accepted),
        refused=len(refused),
        failed=len(samples) - len(accepted) - len(refused),
        goodput=round(len(accepted) / seconds, 2),
        p50=_find_percentile(accepted, 0.5),
        p95=_find_percentile(accepted, 0.95),
        p99=_find_percentile(accepted, 0.99),
        refused_p50=_find_percentile(refused, 0.5),
        refused_p95=_find_percentile(refused, 0.95),
        quick_refusals=round(quick / len(refused), 4) if refused else None,
    )


def select_between(samples: Sequence[Sample], start: float, end: float) -> list[Sample]:
    """Those that began in [start, end)."""
    return [sample for sample in samples if start <= sample.at < end]


def seconds_until_normal(
    samples: Sequence[Sample], since: float, until: float, limit_ms: float, window: int = 5
) -> int | None:
    """Whole seconds after `since` from which on `window` seconds are normal; None if none are.

    Normal: all that began in them was accepted, the p95 at most `limit_ms`.
    """
    for second in range(int(until - since) - window + 1):
        found = tally_samples(select_between(samples, since + second, since + second + window), window)
        if found.p95 is not None and found.sent == found.accepted and found.p95 <= limit_ms:
            return second
    return None


def read_samples(path: Path) -> list[Sample]:
    with path.open(newline="") as file:
        return [
            Sample(float(at), route, int(status), float(ms)) for at, route, status, ms in csv.reader(file)
        ]


def _find_percentile(values: Sequence[float], share: float) -> float | None:
    return round(percentile(values, share), 2) if values else None
