"""What goes wrong in the real world: processes killed, stopped, and kept away."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.places import RunFolder


def app_pids(folder: RunFolder, name: str) -> list[int]:
    """The processes that serve an app."""
    return [pid for pid, words in _ours(folder) if _is_serve(words, name)]


def sidecar_pids(folder: RunFolder, name: str) -> list[int]:
    """The daprd processes of an app."""
    return [
        pid
        for pid, words in _ours(folder)
        if words[0].endswith("/daprd") and _option(words, "--app-id") == name
    ]


def server_pid(folder: RunFolder, name: str) -> int:
    """Kafka, Redis or the scheduler, as devstack started it."""
    record = json.loads((folder.processes / f"{name}.json").read_text())
    return int(record["pid"])


def kill(pids: list[int]) -> None:
    """kill -9, at once."""
    assert pids, "nothing to kill"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """SIGSTOP while the block runs: there, but not answering."""
    assert pids, "nothing to stop"
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def kept_down(pids: list[int]) -> Iterator[None]:
    """kill -9, and whoever would start them again waits until the block ends."""
    keepers = [parent for pid in pids if (parent := _parent(pid))]
    with stopped(keepers):
        kill(pids)
        yield


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
