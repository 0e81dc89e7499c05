"""The Docker that builds images: the machine's, or a daemon of our own for as long as they are built.

Ours touches no network and no other daemon.
"""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster import toolbox
from cluster.lock import hold_lock
from cluster.machine import CGROUPS, list_absent, remove_paths
from cluster.teardown import unmount_below
from cluster.waiting import wait_for_process
from devstack import processes
from devstack.errors import CommandError
from devstack.paths import TOOLS, RunFolder
from devstack.toolbox.ensure import ensure_tools, find_tool

STATE = TOOLS / "docker"
"""Layers are kept, so that the second build is fast."""

CGROUP = "todo-images"
SHIM_SOCKETS = Path("/run/containerd/s")
MADE_BY_DOCKER = tuple(map(Path, ("/etc/docker", "/opt/containerd", "/run/docker", "/run/mount")))
"""What it makes whatever folders it is given; taken away where it was not there before."""
ABSENT = STATE / "absent.json"
START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Docker:
    """The command line of one running daemon.

    socket: of a daemon of our own; None stands for the machine's.
    """

    socket: Path | None = None

    def build(self, context: Path, *, tag: str, arguments: Mapping[str, str], dockerfile: Path) -> None:
        """Build with the classic builder; the network is the machine's."""
        values = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
        where = ["--network=host", f"--tag={tag}", f"--file={dockerfile}", str(context)]
        self.run("build", "--quiet", "--force-rm", *values, *where)

    def image_id(self, tag: str) -> str:
        """Empty if there is none."""
        return self.run("image", "ls", "--quiet", "--no-trunc", tag).strip()

    def size(self, tag: str) -> int:
        """Bytes of an image, unpacked."""
        return int(self.run("image", "inspect", "--format={{.Size}}", tag))

    def save(self, tags: list[str], target: Path) -> None:
        """One archive; layers that several images share are in it once."""
        unfinished = target.with_suffix(".part")
        self.run("save", f"--output={unfinished}", *tags)
        unfinished.rename(target)

    def run(self, *arguments: str, stdin: int | None = None) -> str:
        host = ["--host", f"unix://{self.socket}"] if self.socket else []
        env = _environment() if self.socket else {**os.environ, "DOCKER_BUILDKIT": "0"}
        command = ["docker", *host, *arguments]
        done = subprocess.run(command, env=env, stdin=stdin, capture_output=True, text=True, check=False)
        if done.returncode:
            output = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
            raise CommandError(f"`docker {' '.join(arguments)}` failed:\n{output}")
        return done.stdout


def is_docker_running() -> bool:
    """Whether the machine has a Docker whose daemon answers."""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    return (
        shutil.which("docker") is not None
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


@contextlib.contextmanager
def run_docker_daemon() -> Iterator[Docker]:
    """A daemon of our own that runs while the block does; then every trace but its layers goes."""
    ensure_tools([toolbox.BUILD_PROGRAMS])
    folder = RunFolder(STATE)
    folder.make()
    docker = Docker(STATE / "docker.sock")
    with hold_lock(STATE / "lock", "Images are being built already."):
        _stop(folder)
        ABSENT.write_text(json.dumps(list_absent(MADE_BY_DOCKER)))
        daemon = processes.start_process(folder, "dockerd", _daemon(), env=_environment())
        try:
            wait_for_process(folder, daemon, lambda: _is_reachable(docker), START_SECONDS)
            yield docker
        finally:
            _stop(folder)


def _stop(folder: RunFolder) -> None:
    """Also what an interrupted build left."""
    for daemon in processes.list_processes(folder):
        processes.stop_process(folder, daemon)
    unmount_below(STATE)  # the network namespace of its builds stays otherwise
    shutil.rmtree(STATE / "exec", ignore_errors=True)
    with contextlib.suppress(OSError):  # others' sockets may be there
        SHIM_SOCKETS.rmdir()
        SHIM_SOCKETS.parent.rmdir()
    for group in CGROUPS.glob(f"*/{CGROUP}"):
        with contextlib.suppress(OSError):
            group.rmdir()
    if ABSENT.exists():
        remove_paths(json.loads(ABSENT.read_text()))
        ABSENT.unlink()


def _daemon() -> list[str]:
    folders = [f"--data-root={STATE / 'layers'}", f"--exec-root={STATE / 'exec'}"]
    files = [f"--host=unix://{STATE / 'docker.sock'}", f"--pidfile={STATE / 'pid'}"]
    network = ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--bridge=none"]
    return ["dockerd", *files, *folders, *network, f"--cgroup-parent=/{CGROUP}"]


def _environment() -> dict[str, str]:
    """Debian's programs first: its dockerd needs its own containerd."""
    programs = str(find_tool(toolbox.BUILD_PROGRAMS))
    path = os.pathsep.join([programs, os.environ["PATH"]])
    return {**os.environ, "PATH": path, "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": str(STATE / "config")}


def _is_reachable(docker: Docker) -> bool:
    try:
        docker.run("version")
    except CommandError:
        return False
    return True
