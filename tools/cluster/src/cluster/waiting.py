"""Waiting for one part at a time, each with its own deadline; a failure shows the part's own words."""

import time
from collections.abc import Callable
from pathlib import Path

from devstack import processes
from devstack.errors import CommandError
from devstack.paths import RunFolder

PAUSE_SECONDS = 0.2


def wait_for(what: str, condition: Callable[[], bool], seconds: float, explain: Callable[[], str]) -> None:
    """Return as soon as `condition` holds. Raises `CommandError` with `explain` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise CommandError(f"{what} was not ready after {seconds:.0f} s.\n{explain()}")
        time.sleep(PAUSE_SECONDS)


def wait_for_process(
    folder: RunFolder, process: processes.Process, condition: Callable[[], bool], seconds: float
) -> None:
    """As `wait_for`, but ends at once when the process dies."""

    def explain() -> str:
        return read_last_lines(folder.logs / f"{process.name}.log")

    def ready() -> bool:
        if not process.is_alive():
            raise CommandError(f"{process.name} ended.\n{explain()}")
        return condition()

    wait_for(process.name, ready, seconds, explain)


def read_last_lines(log: Path) -> str:
    return f"Its last lines ({log}):\n{processes.read_tail(log)}"
