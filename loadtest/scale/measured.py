"""What the reports say, as the model takes it: nothing here is typed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtest.load import results
from loadtest.load.results import OUTSIDE, Result
from loadtest.measure import report

LOADS = ("load-staircase", "load-pace-1s", "load-pace-4.7s")
"""The first of these there is gives the costs: a full system at its best."""
ROUTES = {"task": "/tasks", "notification": "/notifications", "user": "/users", "analytics": "/analytics"}
"""Which requests a service behind the edge answers."""


@dataclass(frozen=True, slots=True)
class Measured:
    """source: the report of a load. ms: CPU milliseconds an accepted request, by process.

    visits: by service, the share of requests it answers. writes: share of requests that change something.
    goodput: requests a second at the best, of so many cores. relay: events a second of one relay.
    consume: events a second of one replica, by consumer. flat: p95 with a million tasks to that with a
    thousand.
    """

    source: str
    ms: Mapping[str, float]
    visits: Mapping[str, float]
    writes: float
    goodput: float
    cores: float
    relay: float
    consume: Mapping[str, float]
    task_bytes: float
    event_bytes: float
    flat: float

    @property
    def ms_each(self) -> float:
        """Of all processes."""
        return sum(self.ms.values())


def read_measurements(folder: Path = report.FOLDER) -> Measured:
    source = next(name for name in LOADS if (folder / f"{name}.json").exists())
    best = max(
        results.read_result(source, folder)["phases"], key=lambda phase: float(phase["all"]["goodput"])
    )
    ms = cpu_costs(best)
    relay = read_table(folder, "relay")
    storage = {row["what"]: parse_number(row["bytes a task"]) for row in read_table(folder, "storage")}
    flat = next(row for row in read_table(folder, "flat") if row["p95, ms"] == "newest 50")
    return Measured(
        source=source,
        ms=ms,
        visits=requests_by_service(best),
        writes=write_share(best),
        goodput=best["all"]["goodput"],
        cores=sum(ms.values()) * best["all"]["goodput"] / 1e3,
        relay=max(parse_number(row["events/s"]) for row in relay if row["consumers"] == "at work"),
        consume={row["consumer"]: parse_number(row["events/s"]) for row in read_table(folder, "consume")},
        task_bytes=storage["all tables"],
        event_bytes=storage["event"],
        flat=parse_number(flat["1,000,000 in the store"]) / parse_number(flat["1,000 in the store"]),
    )


def cpu_costs(phase: Result) -> dict[str, float]:
    """CPU milliseconds an accepted request, of each process of the system."""
    accepted = phase["all"]["goodput"]
    return {role: cores / accepted * 1e3 for role, cores in phase["cores"].items() if role not in OUTSIDE}


def requests_by_service(phase: Result) -> dict[str, float]:
    sent = sent_by_route(phase)
    of = {
        service: sum(count for route, count in sent.items() if route.split(" ")[1].startswith(path))
        for service, path in ROUTES.items()
    }
    return {service: count / sum(sent.values()) for service, count in of.items()}


def write_share(phase: Result) -> float:
    sent = sent_by_route(phase)
    return sum(count for route, count in sent.items() if not route.startswith("GET ")) / sum(sent.values())


def sent_by_route(phase: Result) -> dict[str, int]:
    return {route: each["sent"] for route, each in phase["routes"].items()}


def read_table(folder: Path, name: str) -> list[dict[str, str]]:
    """The first table of a report. Where two columns have one name, the first of them counts."""
    lines = [
        line.strip("| ").split(" | ")
        for line in (folder / f"{name}.md").read_text().partition("\n| ")[2].partition("\n\n")[0].splitlines()
    ]
    header = lines[0]
    return [dict(reversed(list(zip(header, line, strict=False)))) for line in lines[2:]]


def parse_number(text: str) -> float:
    return float(text.replace(",", ""))
