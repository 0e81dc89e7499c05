"""What holds for every pod: Pod Security `restricted` and more, with no exception listed anywhere."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml

from devstack.paths import ROOT
from tests.architecture.sources import SERVICES
from tests.charts.network import selects
from tests.charts.rendering import RELEASES, Object, Pod, objects, of_kind, pods

UNITS = {"m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
DNS_SECONDS = 30
"""How long a name may be answered from a cache; what CoreDNS does unless told otherwise."""

READS_SECRETS = {"frontend", "user", "chat", "notification"}


def containers(pod: Pod) -> Iterator[dict[str, Any]]:
    yield from [*pod.spec["containers"], *pod.spec.get("initContainers", [])]


def tokens(pod: Pod) -> set[str]:
    """Volumes with a token for the Kubernetes API."""
    return {
        volume["name"]
        for volume in pod.spec.get("volumes", [])
        for source in volume.get("projected", {}).get("sources", [])
        if "serviceAccountToken" in source
    }


@pytest.mark.parametrize(("chart", "place"), RELEASES)
class TestPods:
    def test_have_no_privilege(self, chart: str, place: str) -> None:
        for pod in pods(objects(chart, place)):
            assert pod.spec["securityContext"]["runAsNonRoot"] is True, pod.name
            assert pod.spec["securityContext"]["runAsUser"] > 0, pod.name
            assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod.spec), pod.name
            for container in containers(pod):
                assert container["securityContext"]["allowPrivilegeEscalation"] is False, pod.name
                assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, pod.name
                assert not container["securityContext"].get("privileged"), pod.name

    def test_can_not_write_to_their_image(self, chart: str, place: str) -> None:
        for pod in pods(objects(chart, place)):
            assert all(each["securityContext"]["readOnlyRootFilesystem"] for each in containers(pod)), (
                pod.name
            )
            assert not [each for each in pod.spec.get("volumes", []) if "hostPath" in each], pod.name

    def test_are_confined_by_seccomp(self, chart: str, place: str) -> None:
        for pod in pods(objects(chart, place)):
            assert pod.spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, pod.name

    def test_say_what_they_need(self, chart: str, place: str) -> None:
        for pod in pods(objects(chart, place)):
            for container in containers(pod):
                for amounts in ("requests", "limits"):
                    assert {"cpu", "memory"} == set(container["resources"][amounts]), pod.name

    def test_run_a_named_version(self, chart: str, place: str) -> None:
        for pod in pods(objects(chart, place)):
            for container in containers(pod):
                _, _, version = container["image"].rpartition("/")[2].partition(":")
                assert version not in ("", "latest"), pod.name

    def test_mount_no_token_for_their_containers(self, chart: str, place: str) -> None:
        for pod in pods(objects(chart, place)):
            assert pod.spec["automountServiceAccountToken"] is False, pod.name
            mounted = {mount["name"] for each in containers(pod) for mount in each["volumeMounts"]}
            assert not mounted & tokens(pod), pod.name

    def test_are_told_nothing_of_other_services(self, chart: str, place: str) -> None:
        """Kubernetes would put every Service of the namespace into the environment."""
        for pod in pods(objects(chart, place)):
            assert pod.spec["enableServiceLinks"] is False, pod.name


@pytest.mark.parametrize(("chart", "place"), RELEASES)
class TestRelease:
    def test_has_a_disruption_budget_for_all_that_runs(self, chart: str, place: str) -> None:
        found = objects(chart, place)
        budgets = of_kind(found, "PodDisruptionBudget").values()
        for pod in pods(found):
            if pod.owner["kind"] in ("Job", "CronJob"):
                continue
            mine = [item for item in budgets if selects(item["spec"]["selector"], pod.labels)]
            assert [item["spec"]["maxUnavailable"] for item in mine] == [1]

    def test_grants_no_right_by_wildcard(self, chart: str, place: str) -> None:
        for role in of_kind(objects(chart, place), "Role").values():
            for rule in role["rules"]:
                assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]


@pytest.mark.parametrize("place", ["staging", "production", "cluster-test", "kind"])
class TestData:
    def test_stays_when_a_node_is_full(self, place: str) -> None:
        """Every pod of the chart that keeps data, and those that operators make."""
        found = objects("data", place)
        priority_classes = [
            pod.spec.get("priorityClassName") for pod in pods(list(of_kind(found, "StatefulSet").values()))
        ]
        pools = of_kind(found, "KafkaNodePool").values()
        priority_classes += [pool["spec"]["template"]["pod"].get("priorityClassName") for pool in pools]
        priority_classes += [
            item["spec"].get("priorityClassName") for item in of_kind(found, "Cluster").values()
        ]
        assert len(priority_classes) >= 3
        assert set(priority_classes) == {"todo-data"}


@pytest.mark.parametrize("place", ["staging", "production", "cluster-test", "kind"])
class TestServices:
    def test_are_denied_everything_by_default(self, place: str) -> None:
        policy = of_kind(objects("todo", place), "NetworkPolicy")["default-deny"]["spec"]
        assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

    def test_scale_on_their_own_use_and_not_the_sidecars(self, place: str) -> None:
        found = of_kind(objects("todo", place), "HorizontalPodAutoscaler")
        deployments = of_kind(objects("todo", place), "Deployment")
        assert set(found) == set(SERVICES) == set(deployments)
        for name, scaler in found.items():
            metrics = [metric["containerResource"] for metric in scaler["spec"]["metrics"]]
            measured = [(metric["container"], metric["name"]) for metric in metrics]
            assert measured == [("app", "cpu")]
            assert "replicas" not in deployments[name]["spec"]

    def test_outlive_their_callers_when_they_stop(self, place: str) -> None:
        """The app of the edge goes before its sidecar; the others' sidecars, which bring requests, first."""
        for pod in pods(list(of_kind(objects("todo", place), "Deployment").values())):
            app = _seconds(pod.spec["containers"][0]["lifecycle"]["preStop"])
            sidecar = int(pod.annotations["dapr.io/block-shutdown-duration"].removesuffix("s"))
            drain = int(pod.annotations["dapr.io/graceful-shutdown-seconds"])
            first, second = sorted([app, sidecar])
            assert (app < sidecar) == (pod.annotations["dapr.io/app-id"] == "frontend")
            assert first >= DNS_SECONDS
            assert first + drain <= second
            assert second + drain < pod.spec["terminationGracePeriodSeconds"]

    def test_have_sidecars_like_those_of_a_laptop(self, place: str) -> None:
        common = yaml.safe_load((ROOT / "dapr.yaml").read_text())["common"]
        for pod in pods(list(of_kind(objects("todo", place), "Deployment").values())):
            annotations = {name.removeprefix("dapr.io/"): value for name, value in pod.annotations.items()}
            assert annotations["app-health-check-path"] == common["appHealthCheckPath"]
            assert annotations["app-health-probe-interval"] == str(common["appHealthProbeInterval"])
            assert annotations["app-health-probe-timeout"] == str(common["appHealthProbeTimeout"])
            assert annotations["app-health-threshold"] == str(common["appHealthThreshold"])
            assert annotations["max-body-size"] == common["maxBodySize"]
            assert annotations["read-buffer-size"] == common["readBufferSize"]

    def test_give_their_sidecar_limits_and_tokens(self, place: str) -> None:
        for pod in pods(list(of_kind(objects("todo", place), "Deployment").values())):
            annotations = {name.removeprefix("dapr.io/"): value for name, value in pod.annotations.items()}
            for amount in ("cpu-request", "cpu-limit", "memory-request", "memory-limit"):
                assert annotations[f"sidecar-{amount}"]
            assert annotations["sidecar-seccomp-profile-type"] == "RuntimeDefault"
            assert annotations["api-token-secret"] == "dapr-api"
            assert annotations["app-token-secret"] == "app-api"

    def test_have_a_token_only_where_the_sidecar_reads_secrets(self, place: str) -> None:
        found = objects("todo", place)
        with_token = {
            pod.annotations["dapr.io/app-id"]
            for pod in pods(list(of_kind(found, "Deployment").values()))
            if tokens(pod) and "dapr.io/volume-mounts" in pod.annotations
        }
        assert with_token == READS_SECRETS == set(of_kind(found, "Component")["secretstore"]["scopes"])
        assert set(of_kind(found, "Role")) - {"deployer"} == READS_SECRETS

    def test_may_read_the_secrets_they_ask_for(self, place: str) -> None:
        found = objects("todo", place)
        requested = {"frontend": {"session"}, "user": {"token-signing"}, "notification": {"notification"}}
        for service in SERVICES:
            scope = of_kind(found, "Configuration")[service]["spec"]["secrets"]["scopes"][0]
            assert scope["defaultAccess"] == "deny"
            assert set(scope["allowedSecrets"]) == requested.get(service, set())
        roles = of_kind(found, "Role")
        named = {name: set(roles[name]["rules"][0]["resourceNames"]) for name in READS_SECRETS}
        assert named == {**requested, "chat": {"redis"}}


def amount(quantity: str) -> float:
    """Cores or bytes."""
    number = quantity.rstrip("mKMGi")
    return float(number) * float(UNITS.get(quantity.removeprefix(number), 1))


def needed(found: Sequence[Object], kind: str, what: str) -> float:
    """Requests or limits of all pods when every service is scaled to its largest."""
    scalers = of_kind(found, "HorizontalPodAutoscaler")
    most = {name: scaler["spec"]["maxReplicas"] for name, scaler in scalers.items()}
    total = 0.0
    for pod in pods(found):
        sidecar = pod.annotations.get(f"dapr.io/sidecar-{what}-{kind.removesuffix('s')}", "0")
        own = [amount(each["resources"][kind][what]) for each in containers(pod)]
        if pod.owner["spec"].get("suspend"):
            continue  # restores a database, whose services are at rest then
        number = 1 if pod.owner["kind"].endswith("Job") else most.get(pod.owner["metadata"]["name"], 1)
        total += number * (sum(own) + amount(sidecar))
    return total


def needed_by_operators(found: Sequence[Object], kind: str, what: str) -> float:
    """Those of the pods that operators make of our Kafka and PostgreSQL."""
    pools = [item["spec"] for item in of_kind(found, "KafkaNodePool").values()]
    clusters = [item["spec"] for item in of_kind(found, "Cluster").values()]
    sized = [(spec["replicas"], spec["resources"]) for spec in pools]
    sized += [(spec["instances"], spec["resources"]) for spec in clusters]
    return float(sum(number * amount(resources[kind][what]) for number, resources in sized))


@pytest.mark.parametrize(
    ("kind", "what"), [("requests", "cpu"), ("requests", "memory"), ("limits", "memory")]
)
@pytest.mark.parametrize("place", ["staging", "production"])
def test_quota_has_room_for_every_service_at_its_largest(place: str, kind: str, what: str) -> None:
    found = [*objects("data", place), *objects("todo", place)]
    quota = of_kind(found, "ResourceQuota")["todo"]["spec"]["hard"]
    total = needed(found, kind, what) + needed_by_operators(found, kind, what)
    assert total < amount(quota[f"{kind}.{what}"])


def _seconds(pre_stop: dict[str, Any]) -> int:
    if "sleep" in pre_stop:
        return int(pre_stop["sleep"]["seconds"])
    match = re.search(r"sleep (\d+)$", pre_stop["exec"]["command"][-1])
    assert match
    return int(match[1])
