"""CPU time and memory of every process of a running system, by what it is."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain

import psutil

from devstack.processes import list_processes
from devstack.stack import Stack


@dataclass(slots=True)
class Used:
    """CPU seconds (user and system) by role, filled in when the block ends."""

    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


@contextmanager
def cpu_used(stack: Stack, *others: int) -> Iterator[Used]:
    """What the system uses while the block runs; `others` are pids counted beside it."""
    used = Used()
    before = used_so_far(stack, others)
    yield used
    after = used_so_far(stack, others)
    used.seconds = {role: seconds - before.get(role, 0) for role, seconds in after.items()}


def used_so_far(stack: Stack, others: tuple[int, ...]) -> dict[str, float]:
    """CPU seconds since each process began, by role."""
    return _by_role(stack, others, _cpu_seconds)


def memory_held(stack: Stack) -> dict[str, float]:
    """Resident MiB by role; what several processes map is divided among them (PSS of proc(5))."""
    return _by_role(stack, (), lambda process: process.memory_full_info().pss / 2**20)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _by_role(
    stack: Stack, others: tuple[int, ...], amount: Callable[[psutil.Process], float]
) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    sessions = [process.pid for process in list_processes(stack.folder)]
    for process in [*chain.from_iterable(map(_process_tree, sessions)), *map(psutil.Process, others)]:
        try:
            found[_process_role(process.cmdline())] += amount(process)
        except psutil.NoSuchProcess:
            continue
    return found


def _process_tree(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _process_role(words: list[str]) -> str:
    joined = " ".join(words)
    if "--app-id" in words:
        return f"{words[words.index('--app-id') + 1]} sidecar"
    if any(word.endswith("/serve") for word in words):
        return words[-1]
    if "locust" in words:
        return "generator"
    for name in ("kafka.Kafka", "redis-server", "postgres", "scheduler"):
        if name in joined:
            return name.removeprefix("kafka.").lower()
    return "other"
