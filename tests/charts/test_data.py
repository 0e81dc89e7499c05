"""Where data is kept: who gets to it, that a login is needed, and that it survives."""

import pytest
import yaml

from contracts.names import App
from devstack.places import ROOT
from tests.charts.network import Network, Place
from tests.charts.rendering import objects, of_kind

PLACES = ["staging", "production"]
WITH_DATABASE = set(App) - {App.FRONTEND}
POSTGRES = Place({"cnpg.io/cluster": "postgres"})
KAFKA = Place({"strimzi.io/cluster": "todo"})
REDIS = Place({"app.kubernetes.io/name": "redis"})
STRANGER = Place({"app.kubernetes.io/name": "stranger"})


def pod(name: str, component: str = "service") -> Place:
    return Place({"app.kubernetes.io/name": name, "app.kubernetes.io/component": component})


@pytest.mark.parametrize("place", PLACES)
class TestPostgres:
    def test_lets_each_into_its_own_database_over_tls(self, place: str) -> None:
        [cluster] = of_kind(objects("data", place), "Cluster").values()
        assert cluster["spec"]["postgresql"]["pg_hba"] == [
            "hostssl sameuser all all scram-sha-256",
            "host all all all reject",
        ]
        assert cluster["spec"]["enableSuperuserAccess"] is False
        roles = {role["name"]: role for role in cluster["spec"]["managed"]["roles"]}
        databases = of_kind(objects("data", place), "Database")
        assert set(roles) == set(databases) == WITH_DATABASE
        for name, database in databases.items():
            assert database["spec"]["owner"] == name
            assert set(roles[name]) == {"name", "ensure", "login", "passwordSecret"}

    def test_is_kept_whoever_removes_the_chart_or_a_machine(self, place: str) -> None:
        found = objects("data", place)
        [cluster] = of_kind(found, "Cluster").values()
        assert cluster["spec"]["instances"] >= (3 if place == "production" else 2)
        for database in of_kind(found, "Database").values():
            assert database["spec"]["databaseReclaimPolicy"] == "retain"

    def test_is_reached_by_who_has_a_database(self, place: str) -> None:
        network = Network.of(objects("data", place))
        found = {
            (name, component)
            for name in [*App, "stranger", "redis"]
            for component in ("service", "migration", "other")
            if network.allows("ingress", POSTGRES, pod(name, component), 5432)
        }
        assert found == {(name, part) for name in WITH_DATABASE for part in ("service", "migration")}
        assert not network.allows("egress", POSTGRES, STRANGER, 443)


@pytest.mark.parametrize("place", [*PLACES, "cluster-test"])
class TestRedis:
    def test_asks_for_a_password(self, place: str) -> None:
        [container] = of_kind(objects("data", place), "StatefulSet")["redis"]["spec"]["template"]["spec"][
            "containers"
        ]
        arguments = container["args"]
        assert arguments[arguments.index("--requirepass") + 1] == "$(REDISCLI_AUTH)"
        [password] = container["env"]
        assert password["valueFrom"]["secretKeyRef"] == {"name": "redis", "key": "password"}

    def test_is_reached_by_chat_alone(self, place: str) -> None:
        network = Network.of(objects("data", place))
        names = [*App, "stranger"]
        found = {name for name in names if network.allows("ingress", REDIS, pod(name), 6379)}
        assert found == {App.CHAT}
        assert not network.allows("egress", REDIS, STRANGER, 443)


@pytest.mark.parametrize("place", PLACES)
class TestKafka:
    def test_goes_nowhere_but_to_itself(self, place: str) -> None:
        network = Network.of(objects("data", place))
        assert network.allows("egress", KAFKA, KAFKA, 9091)
        assert not network.allows("egress", KAFKA, STRANGER, 9091)
        assert not network.allows("egress", KAFKA, Place({}, "default"), 80)


class TestNamespace:
    def test_takes_restricted_pods_only(self) -> None:
        file = ROOT / "charts" / "platform" / "manifests" / "namespace.yaml"
        labels = yaml.safe_load(file.read_text())["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
        assert labels["pod-security.kubernetes.io/enforce-version"] == "latest"
