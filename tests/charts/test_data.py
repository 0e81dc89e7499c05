"""Where data is kept: who gets to it, that a login is needed, and that it survives."""

import pytest
import yaml

from contracts.names import App
from devstack.paths import ROOT
from devstack.servers import LOG_NO_VALUES
from tests.charts.network import Network, Place
from tests.charts.rendering import Object, objects, of_kind
from tests.terraform.configuration import blocks

PLACES = ["staging", "production"]
WITH_DATABASE = set(App) - {App.FRONTEND}
WITH_LOGIN = ("service", "migration", "backup", "restore")
POSTGRES = Place({"cnpg.io/cluster": "postgres"})
KAFKA = Place({"strimzi.io/cluster": "todo"})
REDIS = Place({"app.kubernetes.io/name": "redis"})
FOR_OTHERS, MIGRATION = 20, 1
"""Connections of the operator, the exporter, a backup; of the job that migrates."""
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
            assert set(roles[name]) == {"name", "ensure", "login", "passwordSecret", "connectionLimit"}

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
            for component in (*WITH_LOGIN, "restore-test", "other")
            if network.allows("ingress", POSTGRES, pod(name, component), 5432)
        }
        assert found == {(name, part) for name in WITH_DATABASE for part in WITH_LOGIN}
        assert not network.allows("egress", POSTGRES, STRANGER, 443)
        assert not network.allows("egress", POSTGRES, pod("task"), 8000)


class TestLogs:
    """`test_postgres_log.py` of devstack shows what PostgreSQL logs with this setting."""

    @pytest.mark.parametrize("place", PLACES)
    def test_hold_no_values_of_rows(self, place: str) -> None:
        [cluster] = of_kind(objects("data", place), "Cluster").values()
        setting, _, value = LOG_NO_VALUES.partition("=")
        assert cluster["spec"]["postgresql"]["parameters"][setting] == value


class TestConnections:
    """PostgreSQL refuses the one too many; that one would be a request of somebody."""

    @pytest.mark.parametrize("place", PLACES)
    def test_of_a_service_can_not_be_taken_by_another(self, place: str) -> None:
        [cluster] = of_kind(objects("data", place), "Cluster").values()
        roles = cluster["spec"]["managed"]["roles"]
        most = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
        assert sum(role["connectionLimit"] for role in roles) + FOR_OTHERS <= most

    @pytest.mark.parametrize("place", [*PLACES, "cluster-test"])
    def test_suffice_while_every_pod_is_replaced_twice(self, place: str) -> None:
        """Pods that leave and those that come in their place are there together for a while; a release
        that is taken back at once adds a third of each.
        """
        found = objects("todo", place)
        for name in WITH_DATABASE:
            assert 3 * _connections(found, name) + MIGRATION <= _limit(name, place)

    @pytest.mark.parametrize("place", PLACES)
    def test_are_counted_alike_for_a_managed_one(self, place: str) -> None:
        [limits] = [
            block["database_connections"] for block in blocks("locals") if "database_connections" in block
        ]
        found = objects("todo", place)
        assert limits[place] == 2 * sum(_connections(found, name) for name in WITH_DATABASE)


def _connections(found: list[Object], service: str) -> int:
    """What the pods of a service take at most."""
    pods = int(of_kind(found, "HorizontalPodAutoscaler")[service]["spec"]["maxReplicas"])
    [container] = of_kind(found, "Deployment")[service]["spec"]["template"]["spec"]["containers"]
    environment = {each["name"]: each.get("value") for each in container["env"]}
    return pods * int(environment["TODO_DATABASE_POOL"])


def _limit(service: str, place: str) -> int:
    [cluster] = of_kind(objects("data", place), "Cluster").values()
    roles = cluster["spec"]["managed"]["roles"]
    return next(int(role["connectionLimit"]) for role in roles if role["name"] == service)


@pytest.mark.parametrize("place", [*PLACES, "cluster-test"])
class TestRedis:
    def test_asks_for_a_password(self, place: str) -> None:
        pod = of_kind(objects("data", place), "StatefulSet")["redis"]["spec"]["template"]["spec"]
        container, _ = pod["containers"]
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
