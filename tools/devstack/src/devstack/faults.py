"""What goes wrong in the real world: processes killed, stopped, and kept away."""

import asyncio
import json
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from devstack.paths import RunFolder


def find_app_pids(folder: RunFolder, name: str) -> list[int]:
    """The processes that serve an app."""
    return [pid for pid, words in _ours(folder) if _is_serve(words, name)]


def find_sidecar_pids(folder: RunFolder, name: str) -> list[int]:
    """The daprd processes of an app."""
    return [
        pid
        for pid, words in _ours(folder)
        if words[0].endswith("/daprd") and _option(words, "--app-id") == name
    ]


def read_server_pid(folder: RunFolder, name: str) -> int:
    """Kafka, Redis, PostgreSQL or the scheduler, or an added replica, as devstack started it."""
    record = json.loads((folder.processes / f"{name}.json").read_text())
    return int(record["pid"])


def kill_processes(pids: list[int]) -> None:
    """kill -9, at once."""
    assert pids, "nothing to kill"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


@contextmanager
def pause_processes(pids: list[int]) -> Iterator[None]:
    """SIGSTOP while the block runs: there, but not answering."""
    assert pids, "nothing to stop"
    _send(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _send(pids, signal.SIGCONT)


@contextmanager
def keep_down(pids: list[int]) -> Iterator[None]:
    """kill -9, and whoever would start them again waits until the block ends."""
    keepers = [parent for pid in pids if (parent := _parent(pid))]
    with pause_processes(keepers):
        kill_processes(pids)
        yield


@asynccontextmanager
async def slow_down(
    pids: Callable[[], list[int]], *, stop_seconds: float, run_seconds: float
) -> AsyncIterator[None]:
    """Processes stop and run in turn while the block runs; which ones is asked each time."""

    async def pulse() -> None:
        while True:
            with pause_processes(pids()):
                await asyncio.sleep(stop_seconds)
            await asyncio.sleep(run_seconds)

    pulsing = asyncio.create_task(pulse())
    try:
        yield
    finally:
        pulsing.cancel()
        await asyncio.gather(pulsing, return_exceptions=True)


def list_descendants(pid: int) -> list[int]:
    """The process and those it started, and so on."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                children[_parent(int(entry.name))].append(int(entry.name))
    found = [pid]
    for each in found:
        found += children[each]
    return found


def _send(pids: list[int], signal_number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal_number)


def _is_serve(words: list[str], name: str) -> bool:
    return any(word.endswith("/serve") for word in words) and words[-1] == name


def _ours(folder: RunFolder) -> Iterator[tuple[int, list[str]]]:
    """Processes of this run folder: their working directory is in it."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").resolve() != folder.path.resolve():
                continue
            words = (entry / "cmdline").read_text().split("\0")[:-1]
        except OSError:
            continue
        if words and not words[0].endswith("sh"):
            yield int(entry.name), words


def _option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1] if name in words else ""


def _parent(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])
