"""Background processes: started in a session of their own, recorded, and stopped with all they started."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from devstack.paths import RunFolder

STOP_SECONDS = 20
OWN = 0o077
"""The umask of what holds people's data: nobody else on this machine reads it."""


@dataclass(frozen=True, slots=True)
class Process:
    """A started process; `started` tells it from a later one with the same pid."""

    name: str
    pid: int
    started: str

    def is_alive(self) -> bool:
        return self.started == _start_time(self.pid)

    def group_is_alive(self) -> bool:
        return any(True for _ in _session_members(self.pid))


def start_process(
    folder: RunFolder,
    name: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    umask: int = -1,
) -> Process:
    """Start `command`; what it prints goes to `logs/<name>.log`. umask: of what it writes; -1: as here."""
    path = folder.logs / f"{name}.log"
    path.touch(mode=0o600)
    with path.open("ab") as log:
        popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=cwd or folder.path,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            umask=umask,
        )
    popen.returncode = 0  # it outlives this program; Popen would warn that nobody waits for it
    process = Process(name, popen.pid, _start_time(popen.pid))
    record = {"pid": process.pid, "started": process.started}
    (folder.processes / f"{name}.json").write_text(json.dumps(record))
    return process


def find_process(folder: RunFolder, name: str) -> Process | None:
    """The recorded process `name`, if it still runs."""
    try:
        record = json.loads((folder.processes / f"{name}.json").read_text())
    except (OSError, ValueError):
        return None
    process = Process(name, record["pid"], record["started"])
    return process if process.is_alive() or process.group_is_alive() else None


def list_processes(folder: RunFolder) -> list[Process]:
    names = [record.stem for record in sorted(folder.processes.glob("*.json"))]
    return [process for name in names if (process := find_process(folder, name))]


def stop_process(folder: RunFolder, process: Process, *, seconds: float = STOP_SECONDS) -> None:
    """Ask everything `process` started to end, wait, then make it."""
    _signal_session(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while process.group_is_alive():
        if time.monotonic() > deadline:
            _signal_session(process.pid, signal.SIGKILL)
        time.sleep(0.05)
    with suppress(ChildProcessError):  # PostgreSQL takes a zombie in its lock file for a server that runs
        os.waitpid(process.pid, os.WNOHANG)
    (folder.processes / f"{process.name}.json").unlink(missing_ok=True)


def read_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _signal_session(session: int, signal_number: int) -> None:
    for pid in _session_members(session):
        try:
            os.kill(pid, signal_number)
        except ProcessLookupError:
            continue


def _session_members(session: int) -> list[int]:
    """Processes of the session that `start` opened, zombies left out."""
    return [
        pid
        for pid, (state, member_of, _) in _all_processes().items()
        if member_of == session and state != "Z"
    ]


def _start_time(pid: int) -> str:
    found = _stat(pid)
    return found[2] if found and found[0] != "Z" else ""


def _all_processes() -> dict[int, tuple[str, int, str]]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return {pid: found for pid in pids if (found := _stat(pid))}


def _stat(pid: int) -> tuple[str, int, str] | None:
    """State, session and start time of a process (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[3]), fields[19]
