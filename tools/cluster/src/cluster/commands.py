"""The command line of each part of the node."""

from collections.abc import Mapping
from pathlib import Path

from cluster.paths import (
    API_PORT,
    DOMAIN,
    ETCD,
    ETCD_PEER,
    NODE,
    POD_ADDRESSES,
    SERVICE_ADDRESSES,
    ClusterFolder,
)

Flags = Mapping[str, object]
REQUEST_HEADERS = {
    "requestheader-allowed-names": "front-proxy-client",
    "requestheader-username-headers": "X-Remote-User",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
}


def format_flags(flags: Flags) -> list[str]:
    """`--name=value`; a truth value is written as Go reads it."""
    return [
        f"--{name}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in flags.items()
    ]


def build_etcd(folder: ClusterFolder) -> Flags:
    """One member that needn't survive the machine: it doesn't wait for the disk."""
    certificates = folder.certificates
    return {
        "name": NODE,
        "data-dir": folder.path / "etcd",
        "unsafe-no-fsync": True,
        "listen-client-urls": ETCD,
        "advertise-client-urls": ETCD,
        "listen-peer-urls": ETCD_PEER,
        "initial-advertise-peer-urls": ETCD_PEER,
        "initial-cluster": f"{NODE}={ETCD_PEER}",
        "client-cert-auth": True,
        "trusted-ca-file": certificates / "etcd-ca.crt",
        "cert-file": certificates / "etcd.crt",
        "key-file": certificates / "etcd.key",
        "log-level": "warn",
    }


def build_api_server(folder: ClusterFolder) -> Flags:
    certificates = folder.certificates
    return {
        "advertise-address": folder.address,
        "secure-port": API_PORT,
        "etcd-servers": ETCD,
        "etcd-cafile": certificates / "etcd-ca.crt",
        "etcd-certfile": certificates / "apiserver-etcd-client.crt",
        "etcd-keyfile": certificates / "apiserver-etcd-client.key",
        "encryption-provider-config": folder.settings / "encryption.yaml",
        "encryption-provider-config-automatic-reload": True,
        "client-ca-file": certificates / "ca.crt",
        "tls-cert-file": certificates / "apiserver.crt",
        "tls-private-key-file": certificates / "apiserver.key",
        "kubelet-certificate-authority": certificates / "ca.crt",
        "kubelet-client-certificate": certificates / "apiserver-kubelet-client.crt",
        "kubelet-client-key": certificates / "apiserver-kubelet-client.key",
        "kubelet-preferred-address-types": "InternalIP",
        "service-account-issuer": f"https://kubernetes.default.svc.{DOMAIN}",
        "service-account-key-file": certificates / "service-accounts.pub",
        "service-account-signing-key-file": certificates / "service-accounts.key",
        "service-cluster-ip-range": SERVICE_ADDRESSES,
        "allow-privileged": True,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "requestheader-client-ca-file": certificates / "front-proxy-ca.crt",
        "proxy-client-cert-file": certificates / "front-proxy-client.crt",
        "proxy-client-key-file": certificates / "front-proxy-client.key",
        **REQUEST_HEADERS,
    }


def build_controller_manager(folder: ClusterFolder) -> Flags:
    certificates = folder.certificates
    return {
        **_control_loop(certificates / "controller-manager.conf"),
        "use-service-account-credentials": True,
        "service-account-private-key-file": certificates / "service-accounts.key",
        "root-ca-file": certificates / "ca.crt",
        "client-ca-file": certificates / "ca.crt",
        "cluster-signing-cert-file": certificates / "ca.crt",
        "cluster-signing-key-file": certificates / "ca.key",
        "allocate-node-cidrs": True,
        "cluster-cidr": POD_ADDRESSES,
        "service-cluster-ip-range": SERVICE_ADDRESSES,
    }


def build_scheduler(folder: ClusterFolder) -> Flags:
    return _control_loop(folder.certificates / "scheduler.conf")


def build_kubelet(folder: ClusterFolder) -> Flags:
    return {
        "config": folder.settings / "kubelet.yaml",
        "kubeconfig": folder.certificates / f"kubelet-{folder.node}.conf",
        "hostname-override": folder.node,
        "node-ip": folder.address,
        "root-dir": folder.kubelet,
        "cert-dir": folder.kubelet / "pki",
    }


def build_kube_proxy(folder: ClusterFolder) -> Flags:
    return {"config": folder.settings / "kube-proxy.yaml"}


def build_network_policies(folder: ClusterFolder) -> Flags:
    return {
        "kubeconfig": folder.certificates / "network-policies.conf",
        "hostname-override": NODE,
        "service-cluster-ip-range": SERVICE_ADDRESSES,
    }


def _control_loop(kubeconfig: Path) -> dict[str, object]:
    return {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "leader-elect": False,
        "bind-address": "127.0.0.1",
    }
