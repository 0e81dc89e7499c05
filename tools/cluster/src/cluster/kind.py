"""A Kubernetes of kind, in the containers of a Docker that is here: up in a minute, and no root needed.

Its nodes, DNS and storage are kind's; metrics-server, Dapr and CloudNativePG come from their charts, in the
versions of `charts/platform/helmfile.yaml.gotmpl`, so registries have to be in reach.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from cluster import addons, toolbox
from cluster.cluster import Cluster
from cluster.images.build import find_built_archive
from cluster.images.docker import is_docker_running
from cluster.paths import ClusterFolder
from devstack.errors import CommandError
from devstack.helmfile import read_releases
from devstack.toolbox.ensure import ensure_tools, find_tool
from devstack.toolbox.helm import HELM

NAME = "todo"
READY = "5m"
INSTALL_SECONDS = 660
"""More than Helm itself waits for a release."""
DAPR_IMAGES = "ghcr.io/dapr"
INSECURE_KUBELET = "args: [--kubelet-insecure-tls]\n"
"""kind's kubelet signs its own certificate, which metrics-server refuses otherwise."""
VOLUMES_OF_DIGITALOCEAN = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "do-block-storage"},
    "provisioner": "rancher.io/local-path",
    "volumeBindingMode": "WaitForFirstConsumer",
}
"""The class that values for DigitalOcean name, by kind's own provisioner: so they can stay as they are."""


@dataclass(frozen=True, slots=True)
class KindCluster:
    """The kind cluster of this name, whose kubeconfig lies in `folder`."""

    folder: ClusterFolder
    name: str = NAME

    @property
    def kubeconfig(self) -> Path:
        return self.folder.path / "kind.kubeconfig"

    @property
    def api(self) -> Cluster:
        """What talks to its API server."""
        return Cluster(self.folder, self.kubeconfig)

    def exists(self) -> bool:
        return self.name in self._kind("get", "clusters").split()

    def up(self, workers: int = 0) -> None:
        """Create it if it is missing, with metrics-server, Dapr, CloudNativePG and the images that are built.

        workers: nodes beside the one of the control plane, which takes pods only if there are none.
        Raises `CommandError` with what kind or Helm complained of.
        """
        ensure_tools([toolbox.KIND, toolbox.KUBECTL, HELM])
        self.folder.path.mkdir(parents=True, exist_ok=True)
        if self.exists():
            self._kind("export", "kubeconfig", f"--kubeconfig={self.kubeconfig}")
        else:
            how = [f"--kubeconfig={self.kubeconfig}", f"--wait={READY}", "--config=-"]
            self._kind("create", "cluster", *how, stdin=render_nodes(workers))
        self.api.apply(yaml.safe_dump(VOLUMES_OF_DIGITALOCEAN))
        self._install("metrics-server", INSECURE_KUBELET)
        values = addons.render_dapr_values(DAPR_IMAGES, pull_policy="IfNotPresent")
        self._install("dapr", values)
        self._install("cloudnative-pg", "replicaCount: 1\n")
        if archive := find_built_archive():
            self.load_image(archive)

    def down(self) -> bool:
        """Delete it; False if there was none."""
        if toolbox.KIND.find() is None or not is_docker_running() or not self.exists():
            return False
        self._kind("delete", "cluster")
        self.kubeconfig.unlink(missing_ok=True)
        return True

    def load_image(self, archive: Path) -> None:
        """Bring an archive of `docker save` onto its nodes."""
        self._kind("load", "image-archive", str(archive))

    def export_logs(self, target: Path) -> None:
        """Logs of its nodes and of all pods, as files."""
        self._kind("export", "logs", str(target))

    def _install(self, release: str, values: str) -> None:
        [found] = [each for each in read_releases() if each.name == release]
        self.api.helm(*found.install, stdin=values, seconds=INSTALL_SECONDS)

    def _kind(self, *arguments: str, stdin: str | None = None) -> str:
        named = [] if arguments[0] == "get" else ["--name", self.name]
        command = [str(find_tool(toolbox.KIND)), *arguments, *named]
        done = subprocess.run(
            command,
            input=stdin,
            env=os.environ | {"KIND_EXPERIMENTAL_PROVIDER": "docker"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandError(f"`kind {' '.join(arguments)}` failed:\n{done.stderr.strip()}")
        return done.stdout


def render_nodes(workers: int) -> str:
    """kind's configuration of a cluster with so many workers."""
    nodes = [{"role": "control-plane"}, *({"role": "worker"} for _ in range(workers))]
    return yaml.safe_dump({"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": nodes})
