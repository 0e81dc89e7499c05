"""What a cluster changes outside its own folder: kernel settings, and folders its parts insist on."""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from cluster.paths import CGROUP_PREFIX, ClusterFolder
from devstack.errors import CommandError
from devstack.paths import ROOT

CGROUPS = Path("/sys/fs/cgroup")
KERNEL_SETTINGS = {
    "net/ipv4/ip_forward": "1",
    "net/bridge/bridge-nf-call-iptables": "1",
    "fs/inotify/max_user_instances": "1024",
    "fs/inotify/max_user_watches": "524288",
}
"""Routing between pods, filtering on the bridge, and a watch for each of many containers."""

MADE_BY_PARTS = tuple(
    Path(path)
    for path in (
        "/var/lib/cni",
        "/var/lib/kubelet",
        "/var/log/containers",
        "/run/containerd",
        "/run/mount",
        "/run/nri",
        "/run/xtables.lock",
    )
)
"""Folders and files that libcni, the kubelet, shims and iptables make wherever they are told to work."""

LEAST_FREE_BYTES = 10_000_000_000
"""Images, once packed and once unpacked, and what the pods write; and the kubelet keeps a hundredth free."""


def require_suitable_machine(folder: ClusterFolder) -> None:
    """Raises `CommandError` saying what this machine lacks, or that another folder's cluster has it."""
    if os.geteuid():
        raise CommandError("A cluster needs root: it makes network namespaces, mounts and packet filters.")
    if not (CGROUPS / "memory").is_dir() and not (CGROUPS / "cgroup.controllers").exists():
        raise CommandError("A cluster needs control groups at /sys/fs/cgroup.")
    missing = [name for name in KERNEL_SETTINGS if not Path("/proc/sys", name).exists()]
    if missing:
        raise CommandError(f"This kernel has no {', '.join(missing)}; is the module br_netfilter loaded?")
    groups = {group for mount in _cgroup_hierarchies() for group in mount.glob(f"{CGROUP_PREFIX}*")}
    if any(group.name != folder.cgroup for group in groups):
        raise CommandError(
            "Another folder's cluster runs on this machine: its addresses and ports are taken."
        )
    require_space(shutil.disk_usage(ROOT).free)


def require_space(free: int) -> None:
    """A disk that fills up makes the kubelet evict pods, which looks like anything but a full disk."""
    if free < LEAST_FREE_BYTES:
        needed, there = LEAST_FREE_BYTES / 1e9, free / 1e9
        raise CommandError(f"A cluster needs {needed:.0f} GB of free disk; there are {there:.1f} GB.")


def prepare_machine(folder: ClusterFolder) -> None:
    """Note how the machine is, then set it up; `restore` goes back to it."""
    if not folder.host_before.exists():
        settings = {name: Path("/proc/sys", name).read_text().strip() for name in KERNEL_SETTINGS}
        state = {"settings": settings, "absent": list_absent(MADE_BY_PARTS)}
        folder.host_before.write_text(json.dumps(state))
    for name, value in KERNEL_SETTINGS.items():
        Path("/proc/sys", name).write_text(value)
    for hierarchy in _cgroup_hierarchies():
        (hierarchy / folder.pod_cgroup).mkdir(parents=True, exist_ok=True)
        shares = hierarchy / folder.cgroup / "cpu.shares"
        if shares.exists():
            shares.write_text(str(compute_cpu_shares(os.nice(0), os.cpu_count() or 1)))


def compute_cpu_shares(nice: int, processors: int) -> int:
    """What the pods weigh together (version 1): a process of this niceness for each processor.

    Niceness counts inside a control group only, and a group weighs as much as one process by default:
    on a busy machine all pods together would get no more time than one compiler.
    """
    return min(int(1024 * 1.25**-nice) * processors, 262144)


def restore_machine(folder: ClusterFolder) -> None:
    """Put back what `prepare` changed, and take away what was not there before."""
    if not folder.host_before.exists():
        return
    before = json.loads(folder.host_before.read_text())
    for name, value in before["settings"].items():
        Path("/proc/sys", name).write_text(value)
    remove_paths(before["absent"])


def list_absent(paths: Iterable[Path]) -> list[str]:
    """Those that are not there, for `remove`."""
    return [str(path) for path in paths if not path.exists()]


def remove_paths(paths: Iterable[str]) -> None:
    """Folders with all that is in them, and files, as far as they are there."""
    for path in map(Path, paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def list_own_cgroups(folder: ClusterFolder) -> list[Path]:
    """The control groups of this cluster, one in each hierarchy; none if it was never prepared."""
    return [group for hierarchy in _cgroup_hierarchies() if (group := hierarchy / folder.cgroup).is_dir()]


def _cgroup_hierarchies() -> list[Path]:
    """Every mount with version 1; the only one with version 2."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [mount for mount in sorted(CGROUPS.iterdir()) if (mount / "cgroup.procs").exists()]
