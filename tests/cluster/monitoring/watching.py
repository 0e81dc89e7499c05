"""Prometheus on the cluster, by its own operator, with the monitors and rules of charts/observability.

Operator and kube-state-metrics come with the manifests of their Go modules. In the place of the chart
kube-prometheus-stack, which can't be had here, stands a `Prometheus` with the values that chart is given.
"""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml

from cluster import toolbox
from cluster.addons import find_in_module
from cluster.cluster import Cluster
from cluster.images.platform import ensure_archive, format_image_name, list_monitoring_images
from devstack.helmfile import MONITORING_HELMFILE, read_releases
from devstack.paths import ROOT
from devstack.toolbox.ensure import ensure_tools
from devstack.toolbox.golang import GoTool
from devstack.toolbox.monitoring import PROMETHEUS
from tests.cluster.reaching import forward_port, open_port

ENVIRONMENT = "staging"
NAMESPACE = "monitoring"
MANIFEST = Path(__file__).parent / "prometheus.yaml"
TAKEN = ("scrapeInterval", "evaluationInterval", "enforcedSampleLimit", "externalLabels", "retention")
"""Of the values of kube-prometheus-stack: what it puts into the `Prometheus` as it is."""
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Watching:
    """A Prometheus that watches the platform on a cluster."""

    cluster: Cluster

    def install(self) -> None:
        if self.cluster.given:
            self._require_installed()
            return
        ensure_tools(toolbox.MONITORING)
        self.cluster.load_image(*(ensure_archive(image) for image in list_monitoring_images()))
        self.cluster.apply(f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {NAMESPACE}}}}}")
        self.cluster.apply(yaml.safe_dump_all(_operator()))
        self.cluster.wait_for_rollout(NAMESPACE, "deployment/prometheus-operator")
        self.cluster.apply(yaml.safe_dump_all(_kube_state_metrics()))
        self.cluster.apply(_render_prometheus())
        chart = ["upgrade", "--install", "observability", str(ROOT / "charts" / "observability")]
        values = ROOT / "monitoring" / "environments" / ENVIRONMENT / "observability.yaml"
        self.cluster.helm(*chart, "--namespace", NAMESPACE, "--values", str(values))
        exists = ["wait", "--for=create", "statefulset/prometheus-todo", f"--timeout={SECONDS}s"]
        self.cluster.kubectl("--namespace", NAMESPACE, *exists)
        self.cluster.wait_for_rollout(NAMESPACE, "statefulset/prometheus-todo", seconds=SECONDS)

    def uninstall(self) -> None:
        if not self.cluster.given:
            self.cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")

    def ask(self, path: str, **parameters: str) -> Any:
        """`data` of what Prometheus' API returns."""
        host, port = self._open_port()
        query = urllib.parse.urlencode(parameters)
        url = f"http://{host}:{port}/api/v1/{path}?{query}"
        with urllib.request.urlopen(url, timeout=20) as response:
            return json.load(response)["data"]

    def _open_port(self) -> tuple[str, int]:
        """The operator makes a Service of this name, whatever its Prometheus is called."""
        if self.cluster.given:
            return forward_port(self.cluster, NAMESPACE, "service/prometheus-operated", 9090)
        return open_port(self.cluster, NAMESPACE, "prometheus-todo-0", 9090)

    def _require_installed(self) -> None:
        """On a cluster that was given, `make monitoring` has installed the whole stack before."""
        service = ["get", "service", "prometheus-operated", "--ignore-not-found", "--output=name"]
        if not self.cluster.kubectl("--namespace", NAMESPACE, *service).strip():
            pytest.skip("the cluster that KUBECONFIG names has no Prometheus; see `make monitoring`")

    def query(self, expression: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found

    def count_targets(self) -> dict[tuple[str, str], int]:
        """How many targets there are by job and state (`up`, `down`, `unknown`)."""
        counted: dict[tuple[str, str], int] = {}
        for target in self.ask("targets", state="active")["activeTargets"]:
            key = (target["labels"]["job"], target["health"])
            counted[key] = counted.get(key, 0) + 1
        return counted


def _operator() -> Iterator[dict[str, Any]]:
    """The bundle of its release, in our namespace, which it alone watches."""
    for document in _read_documents(toolbox.PROMETHEUS_OPERATOR, "bundle.yaml"):
        if "namespace" in document["metadata"]:
            document["metadata"]["namespace"] = NAMESPACE
        for subject in document.get("subjects", []):
            subject["namespace"] = NAMESPACE
        if document["kind"] == "Deployment":
            _use_image(document, toolbox.PROMETHEUS_OPERATOR)
            [container] = document["spec"]["template"]["spec"]["containers"]
            reloader = f"--prometheus-config-reloader={format_image_name(toolbox.CONFIG_RELOADER)}"
            others = [each for each in container["args"] if "config-reloader=" not in each]
            container["args"] = [*others, reloader, f"--namespaces={NAMESPACE}"]
            container["resources"]["limits"]["cpu"] = "1"
        yield document


def _kube_state_metrics() -> Iterator[dict[str, Any]]:
    for name in ("service-account", "cluster-role", "cluster-role-binding", "deployment", "service"):
        for document in _read_documents(toolbox.KUBE_STATE_METRICS, f"examples/standard/{name}.yaml"):
            if document["kind"] == "Deployment":
                _use_image(document, toolbox.KUBE_STATE_METRICS)
            yield document


def _render_prometheus() -> str:
    [release] = [
        each for each in read_releases(MONITORING_HELMFILE, ENVIRONMENT) if each.name == "prometheus"
    ]
    given = release.values["prometheus"]["prometheusSpec"]
    spec = {key: given[key] for key in TAKEN if key in given}
    image, version = format_image_name(PROMETHEUS), _release_of_prometheus()
    names = {"image": image, "version": version, "namespace": NAMESPACE}
    documents = list(yaml.safe_load_all(Template(MANIFEST.read_text()).substitute(names)))
    for document in documents:
        if document["kind"] == "Prometheus":
            document["spec"] |= spec
    return yaml.safe_dump_all(documents)


def _release_of_prometheus() -> str:
    """Its Go module counts releases 3.16.0 as 0.316.0; the operator goes by the release."""
    _, minor, patch = PROMETHEUS.version.split(".")
    return f"{int(minor) // 100}.{int(minor) % 100}.{patch}"


def _use_image(deployment: dict[str, Any], tool: GoTool) -> None:
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    container |= {"image": format_image_name(tool), "imagePullPolicy": "Never"}


def _read_documents(tool: GoTool, path: str) -> list[dict[str, Any]]:
    text = find_in_module(tool, path).read_text()
    return [each for each in yaml.load_all(text, _Loader) if each]


class _Loader(yaml.CSafeLoader):
    """Takes a lone `=` for the word it is; the CRDs list it among operators."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)
