"""Waiting for one part at a time, each with its own deadline; a failure shows the part's own words."""

import time
from collections.abc import Callable
from pathlib import Path

from devstack import processes
from devstack.failure import Failure
from devstack.places import RunFolder

PAUSE_SECONDS = 0.2


def wait_for(what: str, condition: Callable[[], bool], seconds: float, explain: Callable[[], str]) -> None:
    """Return as soon as `condition` holds. Raises `Failure` with `explain` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"{what} was not ready after {seconds:.0f} s.\n{explain()}")
        time.sleep(PAUSE_SECONDS)


def wait_for_process(
    folder: RunFolder, process: processes.Process, condition: Callable[[], bool], seconds: float
) -> None:
    """As `wait_for`, but ends at once when the process dies."""

    def explain() -> str:
        return last_lines(folder.logs / f"{process.name}.log")

    def ready() -> bool:
        if not process.is_alive():
            raise Failure(f"{process.name} ended.\n{explain()}")
        return condition()

    wait_for(process.name, ready, seconds, explain)


def last_lines(log: Path) -> str:
    return f"Its last lines ({log}):\n{processes.tail(log)}"
