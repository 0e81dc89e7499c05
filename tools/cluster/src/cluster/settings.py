"""The settings files of the node's parts, as plain data."""

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cluster.certificates import write_secret
from cluster.paths import BRIDGE, DNS_SERVICE, DOMAIN, NODE, POD_ADDRESSES, ClusterFolder

PLENTY = (
    ("memory.available", "100Mi"),
    *((f"{disk}.{what}", "1%") for disk in ("nodefs", "imagefs") for what in ("available", "inodesFree")),
)
"""Free space the kubelet keeps by evicting pods; little, because the machine is also used by others."""


def write_settings(folder: ClusterFolder, programs: Path, runc: Path, pause_image: str) -> None:
    """All settings files. programs: where the CNI plugins are."""
    write_node_settings(folder, programs, runc, pause_image)
    target = folder.settings
    (target / "kube-proxy.yaml").write_text(yaml.safe_dump(render_kube_proxy(folder)))
    write_secret(target / "encryption.yaml", yaml.safe_dump(render_encryption()).encode())


def write_node_settings(folder: ClusterFolder, programs: Path, runc: Path, pause_image: str) -> None:
    """Those of one node: its container runtime, the network of its pods, its kubelet."""
    target = folder.settings
    (target / "containerd.toml").write_text(render_containerd(folder, programs, runc, pause_image))
    (target / "cni" / "10-bridge.conflist").write_text(json.dumps(render_pod_network(folder), indent=2))
    (target / "kubelet.yaml").write_text(yaml.safe_dump(render_kubelet(folder)))


def render_containerd(folder: ClusterFolder, programs: Path, runc: Path, pause_image: str) -> str:
    """Everything it writes below `folder`; no NRI, whose socket would lie elsewhere.

    restrict_oom_score_adj: an account without CAP_SYS_RESOURCE may not lower the score of a container.
    """
    runtime = "io.containerd.cri.v1.runtime"
    tables: Mapping[str, Mapping[str, Any]] = {
        "grpc": {"address": str(folder.containerd_socket)},
        "ttrpc": {"address": f"{folder.containerd_socket}.ttrpc"},
        "plugins.'io.containerd.nri.v1.nri'": {"disable": True},
        "plugins.'io.containerd.internal.v1.opt'": {"path": str(folder.containerd / "opt")},
        "plugins.'io.containerd.cri.v1.images'.pinned_images": {"sandbox": pause_image},
        f"plugins.'{runtime}'": {"restrict_oom_score_adj": True, "netns_mounts_under_state_dir": True},
        f"plugins.'{runtime}'.cni": {"bin_dirs": [str(programs)], "conf_dir": str(folder.settings / "cni")},
        f"plugins.'{runtime}'.containerd.runtimes.runc": {"runtime_type": "io.containerd.runc.v2"},
        f"plugins.'{runtime}'.containerd.runtimes.runc.options": {
            "BinaryName": str(runc),
            "SystemdCgroup": False,
        },
    }
    top = {"version": 3, "root": str(folder.containerd), "state": str(folder.containerd_state)}
    return _toml("", top) + "".join(_toml(name, values) for name, values in tables.items())


def _toml(table: str, values: Mapping[str, Any]) -> str:
    """JSON's strings, numbers, booleans and lists of strings are TOML's."""
    lines = [f"[{table}]"] if table else []
    lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n\n"


def render_pod_network(folder: ClusterFolder) -> dict[str, Any]:
    """A bridge for the pods of this node, addresses from a list, host ports."""
    addresses = {"type": "host-local", "dataDir": str(folder.path / "addresses")}
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isDefaultGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {**addresses, "ranges": [[{"subnet": POD_ADDRESSES}]]},
    }
    host_ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, host_ports]}


def render_kubelet(folder: ClusterFolder) -> dict[str, Any]:
    certificates = folder.certificates
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(certificates / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(certificates / "kubelet.crt"),
        "tlsPrivateKeyFile": str(certificates / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{folder.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{folder.pod_cgroup}",
        "port": folder.kubelet_port,
        "healthzPort": folder.kubelet_port - 2,
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": DOMAIN,
        "podLogsDir": str(folder.run.logs / f"pods-{folder.node}"),
        "volumePluginDir": str(folder.path / "volume-plugins"),
        "syncFrequency": "5s",  # Dapr waits for a ConfigMap that its pods mount before it is filled
        "maxPods": 100,
        "evictionHard": dict(PLENTY),
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
    }


def render_kube_proxy(folder: ClusterFolder) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clusterCIDR": POD_ADDRESSES,
        "clientConnection": {"kubeconfig": str(folder.certificates / "kube-proxy.conf")},
        "hostnameOverride": NODE,
        "conntrack": {"maxPerCore": 0},
    }


def render_encryption() -> dict[str, Any]:
    """Secrets are encrypted in etcd with a fresh key (XSalsa20 and Poly1305)."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    secretbox = {"secretbox": {"keys": [{"name": "key1", "secret": key}]}}
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [secretbox, {"identity": {}}]}],
    }
