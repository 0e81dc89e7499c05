"""What `make cluster-proof` writes down: each step and each check, with its time."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

MANY = 5
"""Parameters that are listed; of more only the number is told."""


@dataclass(frozen=True, slots=True)
class Step:
    """Part of the proof, in seconds."""

    what: str
    seconds: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A test, by where it stands; one with several parameters is several."""

    place: str
    name: str
    parameter: str
    seconds: float
    outcome: str
    notes: list[str] = field(default_factory=list)


def read_checks(results: Path) -> list[Check]:
    """From pytest's JUnit XML."""
    if not results.exists():
        return []
    return [_check(case) for case in ElementTree.parse(results).iter("testcase")]


def _check(case: ElementTree.Element) -> Check:
    name, _, parameter = case.get("name", "").partition("[")
    outcomes = [kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None]
    notes = [str(noted.get("value")) for noted in case.iter("property")]
    return Check(
        place=case.get("classname", ""),
        name=_words(name.removeprefix("test_")),
        parameter=parameter.rstrip("]"),
        seconds=float(case.get("time", 0)),
        outcome=outcomes[0] if outcomes else "passed",
        notes=notes,
    )


def markdown(steps: Sequence[Step], checks: Sequence[Check], commit: str) -> str:
    """The report as a document."""
    return "\n".join([*_head(steps, checks, commit), *_tables(checks), ""])


def _head(steps: Sequence[Step], checks: Sequence[Check], commit: str) -> Iterator[str]:
    passed = sum(check.outcome == "passed" for check in checks)
    yield "# The proof on a cluster"
    yield ""
    yield f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}: {passed} of {len(checks)} checks passed,"
    yield f"on {os.cpu_count()} processors under a load of {os.getloadavg()[2]:.0f} (average of 15 minutes)."
    yield ""
    yield "| step | seconds | |"
    yield "|---|---:|---|"
    for step in steps:
        yield f"| {step.what} | {step.seconds:.0f} | {'ok' if step.passed else '**failed**'} |"


def _tables(checks: Iterable[Check]) -> Iterator[str]:
    for place, found in groupby(checks, lambda check: check.place):
        yield f"\n## {_title(place)}\n"
        yield "| check | seconds | |"
        yield "|---|---:|---|"
        for _, same in groupby(found, lambda check: check.name):
            yield _row(list(same))


def _row(same: Sequence[Check]) -> str:
    parameters = [check.parameter for check in same if check.parameter]
    cases = f" ({', '.join(parameters) if len(parameters) <= MANY else f'{len(parameters)} cases'})"
    outcomes = sorted({check.outcome for check in same} - {"passed"})
    notes = [f"**{outcome}**" for outcome in outcomes] or ["ok"]
    notes += [note for check in same for note in check.notes]
    seconds = sum(check.seconds for check in same)
    name = same[0].name + (cases if parameters else "")
    return f"| {name.replace('|', '/')} | {seconds:.1f} | {'; '.join(notes)} |"


def _title(place: str) -> str:
    """`tests.cluster.todo.test_access.TestCalls` is `cluster, todo, access: Calls`."""
    *modules, last = [part for part in place.split(".") if part != "tests"]
    if last.startswith("Test"):
        words = _words(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last.removeprefix("Test")))
        return f"{', '.join(map(_module, modules))}: {words.lower()}"
    return ", ".join(map(_module, [*modules, last]))


def _module(name: str) -> str:
    return _words(name.removeprefix("test_"))


def _words(name: str) -> str:
    return name.replace("_", " ")
