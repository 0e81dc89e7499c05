"""Kafka's rights are Dapr's scopes: what a component does not let an app do, the broker does not either."""

from typing import Any

import pytest
import yaml

from contracts.names import BROADCAST, PUBSUB, App
from devstack.paths import ROOT
from tests.architecture.test_events import component, metadata, scopes
from tests.charts.network import selects
from tests.charts.rendering import objects, of_kind, pods


def rights() -> dict[str, set[tuple[str, str, str]]]:
    """User → what it may: kind of resource, its name, operation."""
    users = yaml.safe_load_all((ROOT / "kafka" / "users.yaml").read_text())
    return {user["metadata"]["name"]: set(_rights(user)) for user in users}


def _rights(user: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (acl["resource"]["type"], acl["resource"].get("name", ""), operation)
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    ]


def expected_rights(app: App) -> set[tuple[str, str, str]]:
    found: set[tuple[str, str, str]] = set()
    for name in (PUBSUB, BROADCAST):
        if app not in component(name)["scopes"]:
            continue
        publishes = scopes(metadata(name)["publishingScopes"])[app]
        hears = scopes(metadata(name)["subscriptionScopes"])[app]
        found |= {("topic", topic, "Write") for topic in publishes}
        found |= {("topic", topic, "Read") for topic in hears}
        found |= {("topic", topic, "Describe") for topic in publishes | hears}
        if hears:
            group = metadata(name).get("consumerGroup", app.value).removesuffix("{podName}")
            found.add(("group", group, "Read"))
    return found


class TestUsers:
    def test_may_do_what_dapr_lets_their_service_do(self) -> None:
        assert rights() == {app.value: expected_rights(app) for app in App}

    def test_share_a_prefix_of_groups_only_where_every_replica_has_its_own(self) -> None:
        users = yaml.safe_load_all((ROOT / "kafka" / "users.yaml").read_text())
        prefixes = {
            (user["metadata"]["name"], acl["resource"]["name"])
            for user in users
            for acl in user["spec"]["authorization"]["acls"]
            if acl["resource"]["patternType"] == "prefix"
        }
        assert prefixes == {("frontend", "frontend-")}


class TestUserInterface:
    def test_is_off_unless_an_environment_asks_for_it(self) -> None:
        assert "kafka-ui" not in of_kind(objects("data", "production"), "Deployment")
        assert "ui" not in of_kind(objects("data", "production"), "KafkaUser")

    def test_is_reached_by_no_route_and_by_no_pod(self) -> None:
        found = objects("data", "staging")
        assert "kafka-ui" in of_kind(found, "Deployment")
        assert not {"HTTPRoute", "Ingress", "Gateway"} & {each["kind"] for each in found}
        service = of_kind(found, "Service")["kafka-ui"]["spec"]
        assert service.get("type", "ClusterIP") == "ClusterIP"
        policy = of_kind(found, "NetworkPolicy")["kafka-ui"]["spec"]
        assert (policy["ingress"], "Ingress" in policy["policyTypes"]) == ([], True)
        labels = of_kind(found, "Deployment")["kafka-ui"]["spec"]["template"]["metadata"]["labels"]
        others = [
            name
            for name, each in of_kind([*found, *objects("todo", "staging")], "NetworkPolicy").items()
            if selects(each["spec"]["podSelector"], labels) and each["spec"].get("ingress")
        ]
        assert others == []

    def test_can_only_look(self) -> None:
        user = of_kind(objects("data", "staging"), "KafkaUser")["ui"]
        assert {operation for _, _, operation in _rights(user)} <= {"Describe", "DescribeConfigs", "Read"}

    def test_asks_for_a_login(self) -> None:
        deployment = of_kind(objects("data", "staging"), "Deployment")["kafka-ui"]
        env = {item["name"]: item for item in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
        assert env["AUTH_TYPE"]["value"] == "LOGIN_FORM"
        assert env["KAFKA_CLUSTERS_0_READONLY"]["value"] == "true"
        assert "secretKeyRef" in env["SPRING_SECURITY_USER_PASSWORD"]["valueFrom"]


class TestCluster:
    def test_lets_in_services_restores_and_the_user_interface_only(self) -> None:
        listener = of_kind(objects("data", "production"), "Kafka")["todo"]["spec"]["kafka"]["listeners"][0]
        assert listener["tls"] is True
        assert listener["authentication"] == {"type": "scram-sha-512"}
        peers = [peer["podSelector"] for peer in listener["networkPolicyPeers"]]
        assert {"matchLabels": {"app.kubernetes.io/name": "kafka-ui"}} in peers
        found = objects("todo", "production")
        let_in = {
            (pod.labels["app.kubernetes.io/name"], pod.labels["app.kubernetes.io/component"])
            for pod in pods(found)
            if any(selects(peer, pod.labels) for peer in peers)
        }
        services = {(app.value, "service") for app in App}
        assert let_in == services | {(app.value, "restore") for app in App if app is not App.FRONTEND}

    @pytest.mark.parametrize(
        ("place", "expected"),
        [
            ("production", {"controller": (3, ["controller"]), "broker": (3, ["broker"])}),
            ("staging", {"broker": (3, ["controller", "broker"])}),
        ],
    )
    def test_loses_nothing_with_one_broker(
        self, place: str, expected: dict[str, tuple[int, list[str]]]
    ) -> None:
        pools = of_kind(objects("data", place), "KafkaNodePool")
        found = {name: (pool["spec"]["replicas"], pool["spec"]["roles"]) for name, pool in pools.items()}
        assert found == expected
        for topic in of_kind(objects("data", place), "KafkaTopic").values():
            assert topic["spec"]["replicas"] == 3
            assert topic["spec"]["config"]["min.insync.replicas"] == 2
