"""A Kubernetes of kind, in the containers of a Docker that is here: up in a minute, and no root needed.

Its node, DNS and storage are kind's; metrics-server and Dapr come from their charts, in the versions of
`charts/platform/helmfile.yaml`, so registries have to be in reach.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

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

    def up(self) -> None:
        """Create it if it is missing, with metrics-server, Dapr and the images that have been built.

        Raises `CommandError` with what kind or Helm complained of.
        """
        ensure_tools([toolbox.KIND, toolbox.KUBECTL, HELM])
        self.folder.path.mkdir(parents=True, exist_ok=True)
        if self.exists():
            self._kind("export", "kubeconfig", f"--kubeconfig={self.kubeconfig}")
        else:
            self._kind("create", "cluster", f"--kubeconfig={self.kubeconfig}", f"--wait={READY}")
        self._install("metrics-server", INSECURE_KUBELET)
        values = addons.render_dapr_values(DAPR_IMAGES, pull_policy="IfNotPresent")
        self._install("dapr", values)
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
        """Bring an archive of `docker save` onto its node."""
        self._kind("load", "image-archive", str(archive))

    def _install(self, release: str, values: str) -> None:
        [found] = [each for each in read_releases() if each.name == release]
        self.api.helm(*found.install, stdin=values, seconds=INSTALL_SECONDS)

    def _kind(self, *arguments: str) -> str:
        named = [] if arguments[0] == "get" else ["--name", self.name]
        command = [str(find_tool(toolbox.KIND)), *arguments, *named]
        done = subprocess.run(
            command,
            env=os.environ | {"KIND_EXPERIMENTAL_PROVIDER": "docker"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandError(f"`kind {' '.join(arguments)}` failed:\n{done.stderr.strip()}")
        return done.stdout
