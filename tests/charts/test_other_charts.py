"""Charts of others take our values: they render, every key means something, and monitors find their pods."""

import itertools
import re
from urllib.parse import urlsplit

import pytest
import yaml

from delivery.environments import list_environments
from devstack.helmfile import HELMFILE, MONITORING_HELMFILE, Release, read_releases
from tests.charts.other_charts import list_ineffective, render, render_objects, without_nulls
from tests.charts.rendering import CHARTS, Object, RenderError, helm, of_kind, parse, pods
from tests.charts.test_manifests import conforms

ENVIRONMENTS = [*list_environments(), "kind"]
OURS = "charts/observability"
PINNED = [
    pytest.param(release, id=f"{environment}-{release.name}")
    for environment in ENVIRONMENTS
    for helmfile in (HELMFILE, MONITORING_HELMFILE)
    for release in read_releases(helmfile, environment)
    if release.chart != OURS
]
MONITORING = [each for each in read_releases(MONITORING_HELMFILE, "production") if each.chart != OURS]
WATCHED = {"loki": "logs", "alloy": "logs", "jaeger": "traces", "otel-collector": "traces"}
"""Release → the PodMonitor of charts/observability that asks its pods."""
UNCHECKED = (
    "APIService",
    "CustomResourceDefinition",
    "GatewayClass",
    "MutatingWebhookConfiguration",
    "NginxGateway",
    "NginxProxy",
    "ValidatingWebhookConfiguration",
)
"""Kinds that only other people's charts have, and that are theirs to get right."""


@pytest.mark.parametrize("pinned", PINNED)
class TestChart:
    def test_renders_what_the_api_takes(self, pinned: Release) -> None:
        found = [each for each in render_objects(pinned) if each["kind"] not in UNCHECKED]
        assert found
        assert conforms(yaml.safe_dump_all(without_nulls(found))) == ""

    def test_knows_every_key_of_our_values(self, pinned: Release) -> None:
        """Helm drops what no template reads. A key that the chart doesn't list has to change something."""
        assert list_ineffective(pinned, pinned.values) == []


def test_a_key_that_nobody_reads_is_found() -> None:
    [pinned] = [each for each in read_releases(HELMFILE, "staging") if each.name == "metrics-server"]
    wrong = {**pinned.values, "podDisruptionBudgets": {"enabled": True}}
    assert list_ineffective(pinned, wrong) == [("podDisruptionBudgets",)]


class TestMonitors:
    @pytest.mark.parametrize("name", WATCHED)
    def test_find_the_pods_of_what_is_installed_beside_them(self, name: str) -> None:
        [pinned] = [each for each in MONITORING if each.name == name]
        spec = of_kind(_observability(), "PodMonitor")[WATCHED[name]]["spec"]
        [selector] = spec["selector"]["matchExpressions"]
        [endpoint] = spec["podMetricsEndpoints"]
        rendered = pods(render_objects(pinned))
        found = [each for each in rendered if each.labels.get(selector["key"]) in selector["values"]]
        assert found
        for pod in found:
            ports = [port for each in pod.spec["containers"] for port in each.get("ports", [])]
            names = {port.get("name") for port in ports} | {port["containerPort"] for port in ports}
            assert endpoint.get("port", endpoint.get("portNumber")) in names, pod.name


class TestAddresses:
    def test_are_services_there_are(self) -> None:
        """Grafana's data sources, and where the collector sends traces; the operator makes `*-operated`."""
        content = of_kind(_observability(), "ConfigMap")["datasources"]["data"]["todo.yaml"]
        named = {urlsplit(each["url"]).netloc for each in yaml.safe_load(content)["datasources"]}
        values = yaml.safe_dump([each.values for each in MONITORING])
        named |= set(re.findall(r"endpoint: (jaeger:\d+)", values))
        made = set(itertools.chain.from_iterable(map(_list_addresses, MONITORING)))
        ours = {each for each in named if "-operated" not in each}
        assert ours
        assert {each.replace(".monitoring", "") for each in ours} <= made


def _list_addresses(pinned: Release) -> list[str]:
    return [
        f"{name}:{port['port']}"
        for name, service in of_kind(render_objects(pinned), "Service").items()
        for port in service["spec"]["ports"]
    ]


def _observability() -> list[Object]:
    return parse(helm("template", "observability", CHARTS / "observability", "--namespace", "monitoring"))


def test_a_value_of_a_wrong_type_is_refused() -> None:
    """By the schema that the chart brings along; those of most charts do."""
    [pinned] = [each for each in read_releases(HELMFILE, "staging") if each.name == "cert-manager"]
    with pytest.raises(RenderError):
        render(pinned, {**pinned.values, "replicaCount": "two"})
