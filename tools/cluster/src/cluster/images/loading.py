"""Brings image archives into the cluster's containerd, two at a time."""

import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cluster.node import Node, build_environment
from devstack.errors import CommandError

AT_ONCE = 2


def load_archives(node: Node, archives: Iterable[Path]) -> None:
    """Raises `CommandError` with what `ctr` said about the first archive it could not take."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda archive: _load(node, archive), archives))


def list_loaded_images(node: Node) -> set[str]:
    """Names the cluster knows, without the registry that Docker implies."""
    command = ["ctr", *node.ctr_options(), "images", "list", "--quiet"]
    listed = subprocess.run(
        command, env=build_environment(), capture_output=True, text=True, check=True
    ).stdout
    return {name.removeprefix("docker.io/") for name in listed.split()}


def _load(node: Node, archive: Path) -> None:
    command = ["ctr", *node.ctr_options(), "images", "import", str(archive)]
    done = subprocess.run(command, env=build_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"containerd does not take {archive}:\n{done.stderr.strip()}")
