"""CPU by process while a load goes on, looked at every few seconds."""

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psutil

from devstack.stack import Stack
from loadtest.measure.processes import used_so_far

EVERY_SECONDS = 1
BESIDE = "other programs"

Look = tuple[float, dict[str, float]]
"""When, and the CPU seconds used until then, by process."""


@contextmanager
def looked_at(stack: Stack, *others: int) -> Iterator[list[Look]]:
    """Looks at the system and at `others`, process ids, until the block or one of these ends."""
    looks: list[Look] = []
    ended = threading.Event()

    def look_on() -> None:
        while not ended.wait(EVERY_SECONDS):
            with suppress(psutil.NoSuchProcess):
                looks.append(_read_cpu(stack, others))

    looks.append(_read_cpu(stack, others))
    thread = threading.Thread(target=look_on)
    thread.start()
    try:
        yield looks
    finally:
        ended.set()
        thread.join()


def cores_between(looks: Sequence[Look], start: float, end: float) -> dict[str, float]:
    """Cores used by each process from `start` to `end`, on a straight line between two looks.

    What lies outside the looks is left out.
    """
    start, end = max(start, looks[0][0]), min(end, looks[-1][0])
    roles = sorted({role for _, used in looks for role in used})
    spent = {role: _used_at(looks, role, end) - _used_at(looks, role, start) for role in roles}
    return {role: round(max(0, seconds) / (end - start), 4) for role, seconds in spent.items()}


def _read_cpu(stack: Stack, others: tuple[int, ...]) -> Look:
    at, used = time.time(), used_so_far(stack, others)
    machine = psutil.cpu_times()
    busy = sum(machine) - machine.idle - machine.iowait - machine.guest - machine.guest_nice
    return at, used | {BESIDE: busy - sum(used.values())}


def _used_at(looks: Sequence[Look], role: str, moment: float) -> float:
    index = max(1, bisect_left([at for at, _ in looks], moment))
    (before, had), (after, has) = looks[index - 1], looks[index]
    share = (moment - before) / (after - before)
    return had.get(role, 0) + share * (has.get(role, 0) - had.get(role, 0))
