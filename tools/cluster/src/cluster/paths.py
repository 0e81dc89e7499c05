"""Where a cluster keeps its state, and the addresses it uses. Two clusters can't share a machine."""

import hashlib
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path

from devstack.paths import RunFolder

NODE, SECOND_NODE = "node1", "node2"
BRIDGE = "todo0"
CGROUP_PREFIX = "todo-cluster-"
POD_ADDRESSES = "10.244.0.0/24"
SERVICE_ADDRESSES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
DOMAIN = "cluster.local"
API_PORT = 6443
KUBELET_PORT = 10250
ETCD = "https://127.0.0.1:2379"
ETCD_PEER = "http://127.0.0.1:2380"


def primary_address() -> str:
    """The IPv4 address this machine would reach others from; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.51.100.1", 9))
        return str(probe.getsockname()[0])


@dataclass(frozen=True, slots=True)
class ClusterFolder:
    """Everything a cluster writes; `path` is absolute and short, for sockets lie in it."""

    path: Path
    address: str = field(default_factory=primary_address)

    @property
    def run(self) -> RunFolder:
        """Logs and process records."""
        return RunFolder(self.path)

    @property
    def certificates(self) -> Path:
        return self.path / "pki"

    @property
    def settings(self) -> Path:
        return self.path / "etc"

    @property
    def kubeconfig(self) -> Path:
        """Of an administrator."""
        return self.path / "kubeconfig"

    @property
    def node(self) -> str:
        """Name of the node."""
        return NODE

    @property
    def suffix(self) -> str:
        """Of the names of its processes."""
        return ""

    @property
    def kubelet(self) -> Path:
        return self.path / "kubelet"

    @property
    def kubelet_port(self) -> int:
        """Where the API server finds it; for its own health the one 2 below."""
        return KUBELET_PORT

    @property
    def pod_cgroup(self) -> str:
        """Where the kubelet makes its pods' control groups, below those of the whole cluster."""
        return self.cgroup

    @property
    def containerd(self) -> Path:
        """Images and snapshots."""
        return self.path / "containerd"

    @property
    def containerd_state(self) -> Path:
        """Sockets, mounts and network namespaces of what runs."""
        return self.path / "state"

    @property
    def containerd_socket(self) -> Path:
        return self.containerd_state / "containerd.sock"

    @property
    def cgroup(self) -> str:
        """The control group of its pods, told from another folder's."""
        return CGROUP_PREFIX + hashlib.sha256(os.fsencode(self.path)).hexdigest()[:8]

    @property
    def volumes(self) -> Path:
        """Folders behind the persistent volumes."""
        return self.path / "volumes"

    @property
    def host_before(self) -> Path:
        """What the machine was like before, for `down` to restore."""
        return self.path / "host-before.json"

    def make(self) -> None:
        self.run.make()
        for folder in (self.certificates, self.settings / "cni", self.containerd_state, self.volumes):
            folder.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o755)
        self.certificates.chmod(0o700)


@dataclass(frozen=True, slots=True)
class SecondNode(ClusterFolder):
    """Another node on the same machine: a container runtime and a kubelet of its own, the rest is shared."""

    @property
    def node(self) -> str:
        return SECOND_NODE

    @property
    def suffix(self) -> str:
        return "-2"

    @property
    def kubelet(self) -> Path:
        return self.path / "kubelet-2"

    @property
    def kubelet_port(self) -> int:
        return KUBELET_PORT + 10

    @property
    def pod_cgroup(self) -> str:
        return f"{self.cgroup}/{SECOND_NODE}"

    @property
    def settings(self) -> Path:
        return self.path / "etc-2"

    @property
    def containerd(self) -> Path:
        return self.path / "containerd-2"

    @property
    def containerd_state(self) -> Path:
        return self.path / "state-2"
