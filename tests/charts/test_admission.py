"""Every pod of an environment's namespace passes Pod Security admission, whoever makes it.

Kubernetes' own evaluator decides, at the level the namespace enforces. Pods of our charts are rendered;
those of operators are in the shape the pinned version makes them. Dapr's sidecars and cert-manager's
solvers run on the cluster of tests/cluster, whose API server has the same admission plugin.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml

from devstack.helmfile import read_releases
from devstack.paths import ROOT
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.pod_security import POD_SECURITY
from tests.charts.rendering import RELEASES, objects, pods
from tools.install_platform import NAMESPACE

Document = dict[str, Any]
SECCOMP = {"seccompProfile": {"type": "RuntimeDefault"}}
LOCKED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
GATEWAY_VERSION = "2.6.7"
GATEWAY_CONTAINER = {
    **LOCKED,
    **SECCOMP,
    "readOnlyRootFilesystem": True,
    "runAsUser": 101,
    "runAsGroup": 1001,
}
GATEWAY_POD = {
    "fsGroup": 1001,
    "runAsNonRoot": True,
    "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
}
"""As NGINX Gateway Fabric makes pods that carry traffic (internal/controller/provisioner/objects.go)."""


def find_reasons(pods: Sequence[Document], level: str) -> dict[str, list[str]]:
    """What admission has against each pod, by name; nothing for those that are admitted."""
    given = "\n".join(json.dumps(pod) for pod in pods)
    command = [str(find_tool(POD_SECURITY)), level]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(pods)
    return {result["pod"]: result["reasons"] for result in results if result["reasons"]}


def enforced_level() -> str:
    """The level that the namespace of an environment enforces."""
    labels: dict[str, str] = yaml.safe_load(NAMESPACE.read_text())["metadata"]["labels"]
    return labels["pod-security.kubernetes.io/enforce"]


def rendered_pods(chart: str, place: str) -> Iterator[Document]:
    for pod in pods(objects(chart, place)):
        metadata = {"name": pod.name, "annotations": pod.annotations}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod.spec}


def strimzi_pods(provider: str) -> list[Document]:
    """Pods of Kafka, with the security contexts that Strimzi's own provider gives them."""
    command = [sys.executable, "-m", "tests.charts.strimzi_pods", provider]
    kafka = (ROOT / "kafka" / "kafka-cluster.yaml").read_text()
    done = subprocess.run(command, input=kafka, capture_output=True, text=True, check=True, cwd=ROOT)
    found: list[Document] = json.loads(done.stdout)
    return found


def gateway_pod() -> Document:
    container = {"name": "nginx", "image": "nginx", "securityContext": GATEWAY_CONTAINER}
    init = {**container, "name": "init"}
    token = {"serviceAccountToken": {"path": "token", "audience": "ngf"}}
    volumes = [{"name": "run", "emptyDir": {}}, {"name": "token", "projected": {"sources": [token]}}]
    spec = {
        "securityContext": GATEWAY_POD,
        "containers": [container],
        "initContainers": [init],
        "volumes": volumes,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "gateway"}, "spec": spec}


@pytest.mark.parametrize(("chart", "place"), RELEASES)
def test_admits_the_pods_of_our_charts(chart: str, place: str) -> None:
    found = list(rendered_pods(chart, place))
    assert found
    assert find_reasons(found, enforced_level()) == {}


class TestStrimzi:
    def test_pods_of_kafka_are_admitted_as_the_operator_is_configured(self) -> None:
        [release] = [each for each in read_releases() if each.name == "strimzi"]
        env = {each["name"]: each["value"] for each in release.values["extraEnvs"]}
        made = strimzi_pods(env["STRIMZI_POD_SECURITY_PROVIDER_CLASS"])
        names = {pod["metadata"]["name"] for pod in made}
        assert names == {"controller", "broker", "entity-operator", "kafka-exporter"}
        assert find_reasons(made, enforced_level()) == {}

    def test_pods_of_kafka_are_refused_by_default(self) -> None:
        """What the release had before it was told: all of them."""
        made = strimzi_pods("baseline")
        assert find_reasons(made, enforced_level()).keys() == {pod["metadata"]["name"] for pod in made}


class TestGateway:
    def test_pods_that_carry_traffic_are_admitted(self) -> None:
        assert find_reasons([gateway_pod()], enforced_level()) == {}

    def test_shape_was_read_from_the_pinned_version(self) -> None:
        """An upgrade has to look at the shape again."""
        [release] = [each for each in read_releases() if each.name == "nginx-gateway-fabric"]
        assert release.version == GATEWAY_VERSION
        assert "podSecurityContext" not in json.dumps(release.values)


def test_a_pod_that_may_become_root_is_refused() -> None:
    pod = gateway_pod()
    del pod["spec"]["securityContext"]["runAsNonRoot"]
    [reasons] = find_reasons([pod], enforced_level()).values()
    assert any("runAsNonRoot" in reason for reason in reasons)
