"""A cluster as tests and people use it."""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cluster import addons, teardown, toolbox
from cluster.certificates import Authorities
from cluster.images.build import find_built_archive
from cluster.images.loading import list_loaded_images, load_archives
from cluster.images.platform import ensure_archive, list_platform_images
from cluster.machine import require_suitable_machine
from cluster.node import Node
from cluster.paths import ClusterFolder, SecondNode
from devstack import processes
from devstack.errors import CommandError
from devstack.toolbox.ensure import ensure_tools, find_tool
from devstack.toolbox.helm import HELM

ROLLOUT_SECONDS = 90
COMMAND_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Cluster:
    """One Kubernetes of one node with Dapr; everything about it lies in `folder`.

    given: the kubeconfig of a cluster somebody else made; then only what talks to its API works.
    """

    folder: ClusterFolder
    given: Path | None = None

    @classmethod
    def at(cls, path: Path) -> "Cluster":
        return cls(ClusterFolder(path.resolve()))

    @property
    def kubeconfig(self) -> Path:
        return self.given or self.folder.kubeconfig

    def up(self) -> None:
        """Bring up what isn't up. Raises `CommandError` naming the part that didn't start; its log stays."""
        require_suitable_machine(self.folder)
        ensure_tools(toolbox.CLUSTER)
        if self.is_running():
            return
        self.down()
        node = Node(self.folder)
        signers = node.write_files()
        node.start_runtime()
        with ThreadPoolExecutor(1) as pool:  # what nothing here waits for comes last
            platform = pool.submit(self._load_platform_images)
            built = pool.submit(self._load_built_images)
            node.start_control_plane()
            node.start_worker()
            self.apply(addons.render_manifest("policies.yaml"))
            node.start_network_policies()
            platform.result()
            self._start_addons(signers)
            built.result()

    def down(self) -> bool:
        """Remove the cluster and all it made on this machine; False if there was none."""
        return teardown.take_down(self.folder)

    def add_node(self) -> str:
        """Let a second node join, on the same machine; returns its name."""
        second = SecondNode(self.folder.path, self.folder.address)
        node = Node(second)
        node.write_own_settings()
        node.start_runtime()
        load_archives(node, [ensure_archive(image) for image in list_platform_images()])
        if built := find_built_archive():
            load_archives(node, [built])
        node.start_kubelet()
        return second.node

    def remove_node(self) -> None:
        """Take the second node away; it should have been drained before."""
        second = SecondNode(self.folder.path, self.folder.address)
        self.kubectl("delete", "node", second.node, "--ignore-not-found")
        teardown.remove_node(second)

    def is_running(self) -> bool:
        """Whether the API server answers."""
        return (
            self.kubeconfig.exists()
            and bool(processes.list_processes(self.folder.run))
            and self._is_reachable()
        )

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """What kubectl prints. Raises `CommandError` with its complaint unless `check` is off."""
        return self._run([str(find_tool(toolbox.KUBECTL)), *arguments], stdin, check=check)

    def helm(
        self, *arguments: str, stdin: str | None = None, check: bool = True, seconds: float = COMMAND_SECONDS
    ) -> str:
        """What Helm prints. Raises `CommandError` with its complaint unless `check` is off.

        seconds: when it is killed; a release it was at then has to be mended by hand.
        """
        return self._run([str(find_tool(HELM)), *arguments], stdin, check=check, seconds=seconds)

    def apply(self, manifests: str) -> None:
        """Server-side: CRDs are too large for the annotation that a client-side apply keeps."""
        self.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", stdin=manifests)

    def load_image(self, *archives: Path) -> None:
        """Bring archives of `docker save` (or OCI layouts) into the cluster."""
        load_archives(Node(self.folder), archives)

    def images(self) -> set[str]:
        """Names of the images that pods can use."""
        return list_loaded_images(Node(self.folder))

    def wait_for_rollout(self, namespace: str, *workloads: str, seconds: float = ROLLOUT_SECONDS) -> None:
        """Until every pod of each `kind/name` is Ready. Raises `CommandError` telling the pods' state."""
        for workload in workloads:
            command = ["--namespace", namespace, "rollout", "status", workload, f"--timeout={seconds:.0f}s"]
            try:
                self.kubectl(*command)
            except CommandError as error:
                raise CommandError(f"{error}\n{self.explain(namespace)}") from error

    def explain(self, namespace: str) -> str:
        """The pods of a namespace and its last events."""
        where = ["--namespace", namespace]
        pods = self.kubectl(*where, "get", "pods", "--output=wide", check=False)
        events = self.kubectl(*where, "get", "events", "--sort-by=.lastTimestamp", check=False)
        return "\n".join([pods.rstrip(), *events.splitlines()[-15:]])

    def _load_platform_images(self) -> None:
        self.load_image(*(ensure_archive(image) for image in list_platform_images()))

    def _load_built_images(self) -> None:
        built = find_built_archive()
        if built:
            self.load_image(built)

    def _start_addons(self, signers: Authorities) -> None:
        self.apply(addons.render_coredns())
        self.apply(addons.render_metrics_server(signers))
        self.apply(addons.render_volumes(self.folder))
        self.apply(addons.render_cloudnative_pg())
        chart = str(addons.find_dapr_chart())
        install = ["upgrade", "--install", "dapr", chart, "--namespace", "dapr-system", "--values", "-"]
        try:
            self.helm(
                *install, "--wait", f"--timeout={addons.DAPR_SECONDS}s", stdin=addons.render_dapr_values()
            )
        except CommandError as error:
            raise CommandError(f"Dapr did not start.\n{error}\n{self.explain('dapr-system')}") from error
        self.wait_for_rollout("kube-system", "deployment/coredns", "deployment/metrics-server")
        self.wait_for_rollout("cnpg-system", "deployment/cnpg-controller-manager")

    def _is_reachable(self) -> bool:
        return self.kubectl("get", "--raw=/readyz", check=False) == "ok"

    def _run(
        self, command: Sequence[str], stdin: str | None, *, check: bool, seconds: float = COMMAND_SECONDS
    ) -> str:
        done = subprocess.run(
            [command[0], f"--kubeconfig={self.kubeconfig}", *command[1:]],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        if check and done.returncode:
            raise CommandError(
                f"`{Path(command[0]).name} {' '.join(command[1:])}` failed:\n{done.stderr.strip()}"
            )
        return done.stdout
