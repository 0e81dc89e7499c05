"""Who may reach the Kubernetes API, and by which policy.

On DigitalOcean only Cilium can say what the API server is: an ipBlock of Kubernetes' own policies selects
neither nodes nor what runs on them. Elsewhere it is an address.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.charts.network import selects
from tests.charts.rendering import Object, objects, of_kind, pods
from tests.charts.test_policies import READS_SECRETS, tokens

PORTS = {"443", "6443", "16443"}
"""Of the API server, alone or behind the proxy on each node of a highly available DigitalOcean cluster."""
ENTITIES = {"kube-apiserver", "host", "remote-node"}
OPERATED = {
    "kafka": {"strimzi.io/cluster": "todo", "strimzi.io/name": "todo-entity-operator"},
    "postgres": {"cnpg.io/cluster": "postgres"},
}
"""Pods that operators make and that talk to the API themselves, by name of the policy."""
EVERYWHERE = "0.0.0.0/0"
PLURALS = {"NetworkPolicy": "networkpolicies", "CiliumNetworkPolicy": "ciliumnetworkpolicies"}
PLURALS |= {"Ingress": "ingresses", "Resiliency": "resiliencies"}


def environment(place: str, *settings: str) -> list[Object]:
    return [*objects("data", place, *settings), *objects("todo", place, *settings)]


def list_clients(found: Sequence[Object]) -> dict[str, dict[str, str]]:
    """Labels of every pod that talks to the API server, by name."""
    ours = pods(list(of_kind(found, "Deployment").values()))
    return {pod.labels["app.kubernetes.io/name"]: pod.labels for pod in ours if tokens(pod)} | OPERATED


def allowed_blocks(
    found: Sequence[Object], labels: dict[str, str]
) -> Iterator[tuple[dict[str, Any], set[str]]]:
    """Blocks of addresses these pods may send to, with the ports."""
    for policy in of_kind(found, "NetworkPolicy").values():
        if selects(policy["spec"]["podSelector"], labels):
            for rule in policy["spec"].get("egress", []):
                for peer in rule.get("to", []):
                    if "ipBlock" in peer:
                        yield peer["ipBlock"], {str(port["port"]) for port in rule["ports"]}


@pytest.mark.parametrize("place", ["staging", "production"])
class TestOnDigitalOcean:
    def test_cilium_lets_through_who_talks_to_it(self, place: str) -> None:
        found = environment(place)
        policies = [each["spec"] for each in of_kind(found, "CiliumNetworkPolicy").values()]
        known = list_clients(found)
        assert known.keys() == READS_SECRETS | OPERATED.keys()
        for name, labels in known.items():
            [rule] = [
                rule
                for spec in policies
                if selects(spec["endpointSelector"], labels)
                for rule in spec["egress"]
            ]
            assert set(rule["toEntities"]) == ENTITIES, name
            [ports] = rule["toPorts"]
            assert {each["port"] for each in ports["ports"]} == PORTS, name

    def test_cilium_lets_nobody_else_through(self, place: str) -> None:
        found = environment(place)
        known = list_clients(found).values()
        for name, policy in of_kind(found, "CiliumNetworkPolicy").items():
            assert any(selects(policy["spec"]["endpointSelector"], labels) for labels in known), name

    def test_no_pod_that_reads_secrets_may_send_them_anywhere(self, place: str) -> None:
        """Notification calls public addresses, which is its work, and PostgreSQL the store of its archive;
        the others have no address block at all.
        """
        found = environment(place)
        for name, labels in list_clients(found).items():
            blocks = list(allowed_blocks(found, labels))
            assert blocks == [] or name in ("notification", "postgres")
            assert all("10.0.0.0/8" in block["except"] for block, _ in blocks)


def test_elsewhere_its_addresses_are_let_through() -> None:
    found = environment("cluster-test")
    assert of_kind(found, "CiliumNetworkPolicy") == {}
    for name in READS_SECRETS:
        blocks = [*allowed_blocks(found, list_clients(found)[name])]
        assert ({"cidr": EVERYWHERE}, PORTS) in blocks


@pytest.mark.parametrize("place", ["staging", "production", "cluster-test"])
def test_the_deployer_may_manage_every_kind_of_a_release(place: str) -> None:
    found = objects("todo", place)
    rules = of_kind(found, "Role")["deployer"]["rules"]
    granted = {
        (group, resource)
        for rule in rules
        if {"create", "patch"} <= set(rule["verbs"])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    for item in found:
        group = item["apiVersion"].rpartition("/")[0]
        plural = PLURALS.get(item["kind"], item["kind"].lower() + "s")
        assert (group, plural) in granted, item["kind"]
