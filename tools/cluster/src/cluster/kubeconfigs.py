"""How each part reaches the API server: a kubeconfig with its own certificate."""

import base64
from typing import Any

import yaml

from cluster.certificates import CLIENT, Authorities, Pair, issue_certificate, write_secret
from cluster.paths import API_PORT, NODE, SECOND_NODE, ClusterFolder

CLIENTS = {
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "kube-proxy": ("system:kube-proxy", ""),
    "network-policies": ("network-policies", ""),
    **{f"kubelet-{node}": (f"system:node:{node}", "system:nodes") for node in (NODE, SECOND_NODE)},
}
"""User and group of the parts that call the API server (Kubernetes, “PKI certificates and requirements”)."""


def write_kubeconfigs(folder: ClusterFolder, signers: Authorities) -> None:
    """One for an administrator, at `folder.kubeconfig`, and `<name>.conf` for each of `CLIENTS`."""
    server = f"https://{folder.address}:{API_PORT}"
    admin = issue_certificate(signers.cluster, "admin", [CLIENT], group="system:masters")
    write_secret(folder.kubeconfig, _text(server, signers.cluster, admin))
    for name, (user, group) in CLIENTS.items():
        client = issue_certificate(signers.cluster, user, [CLIENT], group=group)
        write_secret(folder.certificates / f"{name}.conf", _text(server, signers.cluster, client))


def _text(server: str, signer: Pair, client: Pair) -> bytes:
    return yaml.safe_dump(build_kubeconfig(server, signer, client), sort_keys=False).encode()


def build_kubeconfig(server: str, signer: Pair, client: Pair) -> dict[str, Any]:
    """The content of a kubeconfig that trusts `signer` and is `client`."""
    name = "todo"
    authority = {"server": server, "certificate-authority-data": _encoded(signer.certificate_pem)}
    user = {
        "client-certificate-data": _encoded(client.certificate_pem),
        "client-key-data": _encoded(client.key_pem),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": authority}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def _encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
