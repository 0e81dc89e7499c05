"""Small pods for tests: one that can be asked to connect, one that answers, both from a service's image."""

from collections.abc import Mapping
from typing import Any

import yaml

from cluster.cluster import Cluster
from cluster.images.build import SERVICES
from contracts.names import App

PORT = 8000
WAIT = ["python3", "-c", "import signal; signal.pause()"]
SERVE = ["python3", "-m", "http.server", str(PORT), "--directory", "/app/bin"]


GATEWAY = {"todo.test/role": "gateway"}
"""Labels of pods that values for tests let in as they do a gateway's."""


def pod(name: str, command: list[str], **annotations: str) -> str:
    """A manifest that keeps to the restricted profile."""
    return yaml.safe_dump(build_pod(name, command, annotations))


def build_pod(name: str, command: list[str], annotations: Mapping[str, str]) -> dict[str, Any]:
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
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def build_relay(name: str, command: list[str], is_up: list[str]) -> dict[str, Any]:
    """A pod that services take for a gateway, within any quota. is_up: command that tells if it listens."""
    made = build_pod(name, command, {})
    made["metadata"]["labels"] |= GATEWAY
    [container] = made["spec"]["containers"]
    container["resources"] = {
        "requests": {"cpu": "10m", "memory": "32Mi"},
        "limits": {"cpu": "1", "memory": "128Mi"},
    }
    container["readinessProbe"] = {"exec": {"command": is_up}, "periodSeconds": 1, "timeoutSeconds": 5}
    return made


def build_relay_policy() -> dict[str, Any]:
    """Lets it connect to the frontend, where all is denied."""
    frontend = {"app.kubernetes.io/name": App.FRONTEND.value, "app.kubernetes.io/component": "service"}
    egress = [{"to": [{"podSelector": {"matchLabels": frontend}}]}]
    spec = {"podSelector": {"matchLabels": GATEWAY}, "policyTypes": ["Egress"], "egress": egress}
    metadata = {"name": "test-gateway"}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": spec,
    }


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
