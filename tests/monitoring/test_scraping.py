"""Prometheus is let in where it scrapes: everything else in the namespace of an environment is denied."""

import pytest

from delivery.environments import list_environments
from tests.charts.rendering import Object, manifests, of_kind, parse

PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}
SCRAPED = {
    "gateway": ({"gateway.networking.k8s.io/gateway-name": "todo"}, {9113}),
    "postgres": ({"cnpg.io/cluster": "postgres"}, {9187}),
    "redis": ({"app.kubernetes.io/name": "redis"}, {9121}),
    "services and sidecars": (
        {"app.kubernetes.io/name": "task", "app.kubernetes.io/component": "service"},
        {8000, 9090},
    ),
}
"""Labels of pods that charts/observability has a monitor for, and the ports it asks."""


@pytest.mark.parametrize("environment", list_environments())
@pytest.mark.parametrize(("labels", "ports"), SCRAPED.values(), ids=list(SCRAPED))
def test_a_monitor_reaches_its_pods(labels: dict[str, str], ports: set[int], environment: str) -> None:
    rendered = [*parse(manifests("data", environment)), *parse(manifests("todo", environment))]
    policies = of_kind(rendered, "NetworkPolicy").values()
    assert {port for each in policies for port in _list_ports(each, labels)} == ports


def _list_ports(policy: Object, labels: dict[str, str]) -> list[int]:
    """Ports at which the policy lets Prometheus reach pods with these labels."""
    if not _is_met(policy["spec"]["podSelector"].get("matchLabels", {}), labels):
        return []
    return [
        port["port"]
        for rule in policy["spec"].get("ingress", [])
        for peer in rule.get("from", [])
        if peer.get("podSelector", {}).get("matchLabels") == PROMETHEUS
        for port in rule["ports"]
    ]


def _is_met(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return bool(selector) and selector.items() <= labels.items()
