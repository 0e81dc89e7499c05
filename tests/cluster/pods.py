"""Small pods for tests: one that can be asked to connect, one that answers, both from a service's image."""

from typing import Any

import yaml

from cluster.cluster import Cluster
from cluster.images.build import SERVICES
from contracts.names import App

PORT = 8000
WAIT = ["python3", "-c", "import signal; signal.pause()"]
SERVE = ["python3", "-m", "http.server", str(PORT), "--directory", "/app/bin"]


def pod(name: str, command: list[str], **annotations: str) -> str:
    """A manifest that keeps to the restricted profile."""
    container: dict[str, Any] = {
        "name": "app",
        "image": SERVICES[App.TASK],
        "imagePullPolicy": "Never",
        "command": command,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    metadata = {"name": name, "labels": {"app": name}, "annotations": annotations}
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"containers": [container], "securityContext": security, "terminationGracePeriodSeconds": 0}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


def start(cluster: Cluster, namespace: str, *manifests: str) -> None:
    """Start pods and wait until they are Ready."""
    cluster.kubectl("--namespace", namespace, "apply", "--filename", "-", stdin="---\n".join(manifests))
    cluster.kubectl(
        "--namespace", namespace, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s"
    )


def address(cluster: Cluster, namespace: str, name: str) -> str:
    return cluster.kubectl("--namespace", namespace, "get", "pod", name, "--output=jsonpath={.status.podIP}")


def run_python(cluster: Cluster, namespace: str, name: str, code: str) -> str:
    """What `code` prints, run in a pod."""
    return cluster.kubectl(
        "--namespace", namespace, "exec", name, "--container=app", "--", "python3", "-c", code
    )


def connects(cluster: Cluster, namespace: str, name: str, host: str, port: int = PORT) -> bool:
    """Whether a pod reaches a TCP port within two seconds."""
    code = (
        "import socket\n"
        f"try: socket.create_connection(('{host}', {port}), 2).close(); print('open')\n"
        "except OSError as error: print(error)"
    )
    return run_python(cluster, namespace, name, code).strip() == "open"
