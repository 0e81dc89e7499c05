"""What of a machine a cluster could leave behind."""

import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cluster.machine import KERNEL_SETTINGS
from cluster.node import build_environment

FOLDERS = (
    "/etc",
    "/opt",
    "/run",
    "/run/containerd",
    "/run/netns",
    "/var/lib",
    "/var/log",
)
PROGRAMS = ("containerd", "etcd", "kube", "netpol", "ctr", "pause", "coredns")
"""A daprd that is left shows as a control group; one outside of any is a laptop's."""


@dataclass(frozen=True, slots=True)
class MachineState:
    """Comparable: two equal states differ in nothing a cluster touches."""

    processes: frozenset[str]
    mounts: frozenset[str]
    links: frozenset[str]
    packet_filter: str
    address_sets: str
    control_groups: frozenset[str]
    kernel_settings: tuple[str, ...]
    files: frozenset[str]

    @classmethod
    def now(cls) -> "MachineState":
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        return cls(
            processes=_processes(),
            mounts=frozenset(line.split()[4] for line in mounts),
            links=frozenset(link.name for link in Path("/sys/class/net").iterdir()),
            packet_filter=_printed("nft", "--stateless", "list", "ruleset"),
            address_sets=_printed("ipset", "list", "-name"),
            control_groups=frozenset(
                str(group) for group in Path("/sys/fs/cgroup").rglob("*/") if "todo" in group.name
            ),
            kernel_settings=tuple(Path("/proc/sys", name).read_text() for name in KERNEL_SETTINGS),
            files=frozenset(
                str(file) for folder in FOLDERS if Path(folder).is_dir() for file in Path(folder).iterdir()
            ),
        )

    def differences(self, before: "MachineState") -> dict[str, object]:
        """What is in this state and was not before, by kind."""
        changed: dict[str, object] = {}
        for kind in self.__slots__:
            now, then = getattr(self, kind), getattr(before, kind)
            if isinstance(now, frozenset):
                now, then = now - then, frozenset()
            if now != then:
                changed[kind] = now
        return changed


def _processes() -> frozenset[str]:
    """Those that still run; one without a command line has ended and waits for its parent."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                name = (entry / "comm").read_text().strip()
                if name.startswith(PROGRAMS) and (entry / "cmdline").read_bytes():
                    found.add(f"{entry.name} {name}")
    return frozenset(found)


def _printed(*command: str) -> str:
    return subprocess.run(command, env=build_environment(), capture_output=True, text=True, check=True).stdout
