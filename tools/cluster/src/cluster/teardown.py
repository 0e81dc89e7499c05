"""Takes a cluster away: every process, mount, link, rule, set and control group it made, and nothing else."""

import contextlib
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from cluster import machine, packet_filter
from cluster.paths import BRIDGE, ClusterFolder, SecondNode
from devstack import processes
from devstack.errors import CommandError
from devstack.toolbox.tool import run_command

GRACE_SECONDS = 3
GONE_SECONDS = 20
FIRST = ("kubelet", "kubelet-2", "netpol", "kube-proxy", "kube-scheduler", "kube-controller-manager")
"""Stopped before containers, so that nobody starts them again."""


def take_down(folder: ClusterFolder) -> bool:
    """Remove the cluster of this folder; False if there was none."""
    if not folder.path.exists():
        return False
    running = processes.list_processes(folder.run)
    for process in sorted(running, key=lambda process: process.name not in FIRST):
        if process.name in FIRST:
            processes.stop_process(folder.run, process, seconds=GRACE_SECONDS)
    _end_containers(folder)
    for process in processes.list_processes(folder.run):
        processes.stop_process(folder.run, process, seconds=GRACE_SECONDS)
    unmount_below(folder.path)
    if machine.list_own_cgroups(
        folder
    ):  # else the bridge and the rules are another cluster's, if there are any
        _remove_bridge()
        packet_filter.remove_rules()
        _remove_cgroups(folder)
    machine.restore_machine(folder)
    shutil.rmtree(folder.path)
    return True


def remove_node(second: SecondNode) -> None:
    """Stop what a second node consists of, and what is left in it; the rest of the cluster goes on."""
    ours = [f"{name}{second.suffix}" for name in ("kubelet", "containerd")]
    for process in processes.list_processes(second.run):
        if process.name in ours:
            processes.stop_process(second.run, process, seconds=GRACE_SECONDS)
    _end(lambda: _shims(second.containerd_state))
    for place in (second.kubelet, second.containerd_state, second.containerd, second.settings):
        unmount_below(place)
        shutil.rmtree(place, ignore_errors=True)


def _end_containers(folder: ClusterFolder) -> None:
    """Kill what is in the cluster's control groups and the shims that hold it."""
    _end(lambda: _contained(folder) | _shims(folder.path))


def _end(listed: Callable[[], set[int]]) -> None:
    deadline = time.monotonic() + GONE_SECONDS
    while pids := listed():
        if time.monotonic() > deadline:
            raise CommandError(f"Processes of the cluster don't end: {sorted(pids)}")
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def _contained(folder: ClusterFolder) -> set[int]:
    """Processes in the cluster's control groups, some of which go while they are read."""
    found: set[int] = set()
    for group in machine.list_own_cgroups(folder):
        for place, _, _ in os.walk(group):
            with contextlib.suppress(OSError):
                found.update(map(int, Path(place, "cgroup.procs").read_text().split()))
    return found


def _shims(below: Path) -> set[int]:
    """containerd's shims name its socket on their command line."""
    mark = os.fsencode(below) + b"/"
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if b"containerd-shim" in words[0] and mark in b" ".join(words):
                    found.add(int(entry.name))
    return found


def unmount_below(below: Path) -> None:
    """Everything mounted inside this folder."""
    for target in reversed(list_mounts_below(below, Path("/proc/self/mountinfo").read_text())):
        run_command(["umount", "--lazy", target])


def list_mounts_below(folder: Path, mountinfo: str) -> list[str]:
    """Mount points inside `folder`, in the order they were made; proc(5) writes odd characters in octal."""
    points = [_unescaped(line.split()[4]) for line in mountinfo.splitlines()]
    return [point for point in points if Path(point).is_relative_to(folder)]


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), field)


def _remove_bridge() -> None:
    link = Path("/sys/class/net", BRIDGE)
    if not link.exists():
        return
    for port in (link / "brif").iterdir():
        with contextlib.suppress(CommandError):  # it may go by itself with its pod's namespace
            run_command(["ip", "link", "delete", port.name])
    run_command(["ip", "link", "delete", BRIDGE])


def _remove_cgroups(folder: ClusterFolder) -> None:
    """From the leaves up; a group can be busy for a moment after its last process."""
    deadline = time.monotonic() + GONE_SECONDS
    while groups := machine.list_own_cgroups(folder):
        for top in groups:
            for place, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(place)
        if time.monotonic() > deadline:
            raise CommandError(f"Control groups don't go away: {', '.join(map(str, groups))}")
        time.sleep(0.05)
