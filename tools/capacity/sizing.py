"""What a pod of a service should request, and when another should come, by what was measured.

- memory: what the process holds at rest (loadtest/reports/idle.md), and a quarter more for what is under way;
  or what it holds under load, where that is more (live-memory.md: with the log of live events full).
- cpu: requests a second at the busiest time of `USERS` users, times CPU seconds a request (the staircase of
  loads), over the fewest pods.
- autoscaling: three quarters of how busy processors were at the knee of the staircase, which is its last step
  that refused nothing; the rest is for the half minute in which another pod starts. A pod is one process of
  Python, so one core at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.names import App
from loadtest.load import results
from loadtest.measure import report
from loadtest.scale.measured import parse_number, read_measurements, read_table
from loadtest.scale.model import Assumed

USERS = 10_000
SPARE_MEMORY = 1.25
BEFORE_THE_KNEE = 0.75
MIB = 2**20
SIDECAR = "{} sidecar".format


@dataclass(frozen=True, slots=True)
class Demand:
    """Of one process in one pod.

    held: bytes at rest, or under load if that is known. memory: bytes to request. seconds: of CPU for each
    request to the whole system. cpu: cores at the busiest time.
    """

    held: float
    memory: float
    seconds: float
    cpu: float


def request_rate() -> float:
    """Requests a second at the busiest time."""
    assumed = Assumed()
    return USERS * assumed.active / assumed.pace


def list_demands(pods: Mapping[str, int]) -> dict[str, Demand]:
    """By process: services, and their sidecars. pods: the fewest of each service."""
    milliseconds, held, loaded = read_measurements().ms, _read_idle(), _read_loaded()
    found = {}
    for app in App:
        for process in (app.value, SIDECAR(app)):
            seconds = milliseconds.get(process, 0.0) / 1e3
            most = max(held[process], loaded.get(process, 0.0))
            memory = max(held[process] * SPARE_MEMORY, most)
            cpu = request_rate() * seconds / pods[app.value]
            found[process] = Demand(most, memory, seconds, cpu)
    return found


def _read_idle() -> dict[str, float]:
    """Bytes of each process."""
    rows = read_table(report.FOLDER, "idle")
    return {row["process"]: parse_number(row["MiB resident"]) * MIB for row in rows}


def _read_loaded() -> dict[str, float]:
    """Bytes of those processes whose memory was measured under load."""
    [shipped] = [each for each in read_table(report.FOLDER, "live-memory") if each["limits"] == "shipped"]
    return {App.FRONTEND: parse_number(shipped["MiB resident in all"]) * MIB}


def busy_at_the_knee() -> float:
    """Share of all processors that was in use at the last step of the staircase that refused nothing."""
    staircase = results.read_result("load-staircase")
    steps = [each for each in staircase["phases"] if each["all"]["refused"] < each["all"]["sent"] / 1000]
    return float(sum(steps[-1]["cores"].values()) / staircase["processors"])


def scaling_target() -> float:
    """Cores of a pod's app, on average of all pods, above which another should come."""
    return BEFORE_THE_KNEE * busy_at_the_knee()
