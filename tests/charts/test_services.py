"""How services run, roll out, are reached and what they may reach; where the gateway lets nobody in."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from frontend_service.gateway.security_middleware import split_names
from frontend_service.settings import Settings

from cluster.paths import POD_ADDRESSES
from migrator import LockPolicy
from tests.architecture.sources import SERVICES
from tests.charts.network import Network, Place, selects
from tests.charts.rendering import RELEASES, Object, Pod, RenderError, objects, of_kind, pods
from tests.charts.test_policies import READS_SECRETS, amount
from tests.terraform.configuration import environment

PLACES = ["staging", "production"]
NAMESPACE = "todo"
PRIVATE = ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]
GATEWAY = Place({"gateway.networking.k8s.io/gateway-name": "todo"})
APP, SIDECAR = 8000, 50002
MEMORY_AT_REST = 140 * 1024**2
"""Bytes an app takes at most with nothing to do (loadtest/reports/idle.md)."""


def services(place: str) -> list[Pod]:
    return list(pods(list(of_kind(objects("todo", place), "Deployment").values())))


def app(pod: Pod) -> dict[str, Any]:
    """The container of the service itself."""
    [container] = pod.spec["containers"]
    return dict(container)


@pytest.mark.parametrize("place", PLACES)
class TestProbes:
    def test_restart_what_is_dead_and_leave_out_what_can_not_work(self, place: str) -> None:
        """A database that is away restarts nobody: that is asked for by readiness alone."""
        for pod in services(place):
            probes = {kind: app(pod)[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")}
            paths = {kind: probe["httpGet"]["path"] for kind, probe in probes.items()}
            assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
            assert {probe["httpGet"]["port"] for probe in probes.values()} == {"http"}
            assert probes["startup"]["periodSeconds"] * probes["startup"]["failureThreshold"] >= 30

    def test_of_data_say_when_it_can_be_used(self, place: str) -> None:
        for pod in pods(objects("data", place)):
            assert all("readinessProbe" in each for each in pod.spec["containers"]), pod.name


@pytest.mark.parametrize("place", PLACES)
class TestRollout:
    def test_takes_nobody_away_before_somebody_else_is_there(self, place: str) -> None:
        for deployment in of_kind(objects("todo", place), "Deployment").values():
            assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}

    def test_spreads_a_service_over_nodes(self, place: str) -> None:
        for pod in services(place):
            [spread] = pod.spec["topologySpreadConstraints"]
            assert (spread["maxSkew"], spread["topologyKey"]) == (1, "kubernetes.io/hostname")
            assert selects(spread["labelSelector"], pod.labels)

    def test_leaves_one_running_whatever_is_drained(self, place: str) -> None:
        found = objects("todo", place)
        budgets = of_kind(found, "PodDisruptionBudget")
        for name, scaler in of_kind(found, "HorizontalPodAutoscaler").items():
            target = scaler["spec"]["scaleTargetRef"]
            assert (target["kind"], target["name"]) == ("Deployment", name)
            assert scaler["spec"]["minReplicas"] > budgets[name]["spec"]["maxUnavailable"]

    def test_scales_consumers_to_no_more_than_there_are_partitions(self, place: str) -> None:
        topics = of_kind(objects("data", place), "KafkaTopic").values()
        most = max(topic["spec"]["partitions"] for topic in topics)
        scalers = of_kind(objects("todo", place), "HorizontalPodAutoscaler")
        for name in ("chat", "notification", "analytics"):
            assert scalers[name]["spec"]["maxReplicas"] <= most

    def test_migrates_before_anything_new_runs(self, place: str) -> None:
        found = objects("todo", place)
        for name, job in of_kind(found, "Job").items():
            policy = of_kind(found, "NetworkPolicy")[name]
            annotations = [item["metadata"]["annotations"] for item in (job, policy)]
            assert [each["helm.sh/hook"] for each in annotations] == ["pre-install,pre-upgrade"] * 2
            weights = [int(each.get("helm.sh/hook-weight", 0)) for each in annotations]
            assert weights[1] < weights[0]

    def test_gives_a_migration_the_time_for_all_its_attempts(self, place: str) -> None:
        """Of two revisions, each in the last one; a job killed before doesn't say who had the lock."""
        policy = LockPolicy()
        pauses = (
            min(policy.pause * 2**number, policy.longest_pause) for number in range(policy.attempts - 1)
        )
        longest = policy.attempts * policy.lock_timeout + sum(pauses)
        for name, job in of_kind(objects("todo", place), "Job").items():
            assert job["spec"]["activeDeadlineSeconds"] > 2 * longest, name


@pytest.mark.parametrize("place", PLACES)
class TestService:
    def test_leads_to_its_pods(self, place: str) -> None:
        found = of_kind(objects("todo", place), "Service")
        for pod in services(place):
            spec = found[pod.annotations["dapr.io/app-id"]]["spec"]
            [port] = spec["ports"]
            assert selects({"matchLabels": spec["selector"]}, pod.labels)
            assert app(pod)["ports"] == [{"name": port["targetPort"], "containerPort": APP}]
            assert pod.annotations["dapr.io/app-port"] == str(APP)

    def test_has_a_sidecar_that_signs_in_to_kafka_as_this_service(self, place: str) -> None:
        for pod in services(place):
            name = pod.annotations["dapr.io/app-id"]
            environment = dict(item.split("=", 1) for item in pod.annotations["dapr.io/env"].split(","))
            assert environment["KAFKA_DISABLE_TLS"] == "false"
            assert (environment["KAFKA_SASL_USERNAME"], environment["KAFKA_SASL_MECHANISM"]) == (
                name,
                "SHA-512",
            )
            secrets = pod.annotations["dapr.io/env-from-secret"].split(",")
            assert f"KAFKA_SASL_PASSWORD=kafka-{name}:password" in secrets
            assert pod.annotations["dapr.io/disable-builtin-k8s-secret-store"] == "true"

    def test_checks_who_the_database_is(self, place: str) -> None:
        for pod in services(place):
            env = {item["name"]: item.get("value", "") for item in app(pod)["env"]}
            if env["TODO_DATABASE_URL"]:
                assert env["TODO_DATABASE_URL"].endswith("?ssl=verify-full")
                assert env["PGSSLROOTCERT"]

    def test_of_the_edge_sends_sessions_over_tls_only(
        self, place: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [frontend] = [pod for pod in services(place) if pod.annotations["dapr.io/app-id"] == "frontend"]
        for item in app(frontend)["env"]:
            monkeypatch.setenv(item["name"], item.get("value", "secret"))
        assert Settings().secure_cookies is True

    def test_of_the_edge_alone_say_that_a_host_is_for_https_only(self, place: str) -> None:
        """The service does (`HSTS_HEADERS`); of two policies a browser keeps the first."""
        routes = [*of_kind(objects("todo", place), "HTTPRoute").values()]
        assert routes
        assert "strict-transport-security" not in str(routes).lower()

    def test_that_is_public_believes_pods_alone_who_people_are(self, place: str) -> None:
        """Only the gateway's can connect; and nobody believes anybody else."""
        assert believed_proxies(place) == {"frontend": environment(place)["pod_range"]}


@pytest.mark.parametrize(("chart", "place"), RELEASES)
def test_nothing_scales_on_memory(chart: str, place: str) -> None:
    """Memory stays when load falls, so pods that were added for it would stay, too."""
    for name, scaler in of_kind(objects(chart, place), "HorizontalPodAutoscaler").items():
        for metric in scaler["spec"]["metrics"]:
            [source] = [value for key, value in metric.items() if key != "type"]
            assert source["name"] == "cpu", name


@pytest.mark.parametrize("place", PLACES)
def test_live_events_take_no_more_than_half_of_what_a_pod_has_left(place: str) -> None:
    [frontend] = [pod for pod in services(place) if pod.annotations["dapr.io/app-id"] == "frontend"]
    env = {item["name"]: item.get("value", "") for item in app(frontend)["env"]}
    live = int(env.get("TODO_LIVE_BYTES", Settings.model_fields["live_bytes"].default))
    assert live <= (amount(app(frontend)["resources"]["limits"]["memory"]) - MEMORY_AT_REST) / 2


def test_the_edge_of_the_test_cluster_believes_its_pods() -> None:
    assert believed_proxies("cluster-test") == {"frontend": POD_ADDRESSES}


def believed_proxies(place: str) -> dict[str, str]:
    """From whom a service takes over who people are, for each that does."""
    environments = {pod.annotations["dapr.io/app-id"]: app(pod)["env"] for pod in services(place)}
    name = "FORWARDED_ALLOW_IPS"
    return {
        app_id: item["value"] for app_id, env in environments.items() for item in env if item["name"] == name
    }


@pytest.mark.parametrize("place", PLACES)
class TestRights:
    def test_are_to_read_the_own_secrets(self, place: str) -> None:
        found = objects("todo", place)
        assert not [item for item in found if item["kind"] in ("ClusterRole", "ClusterRoleBinding")]
        roles, bindings = of_kind(found, "Role"), of_kind(found, "RoleBinding")
        for name in READS_SECRETS:
            [rule] = roles[name]["rules"]
            assert (rule["apiGroups"], rule["resources"], rule["verbs"]) == ([""], ["secrets"], ["get"])
            assert rule["resourceNames"]
            assert bindings[name]["roleRef"]["name"] == name
            [subject] = bindings[name]["subjects"]
            assert (subject["kind"], subject["name"], subject["namespace"]) == (
                "ServiceAccount",
                name,
                NAMESPACE,
            )

    def test_of_the_sidecar_to_the_kubernetes_api_are_short(self, place: str) -> None:
        for pod in services(place):
            for volume in pod.spec["volumes"]:
                for source in volume.get("projected", {}).get("sources", []):
                    assert source.get("serviceAccountToken", {}).get("expirationSeconds", 0) <= 3600

    def test_to_the_internet_are_for_one_service_and_no_private_address(self, place: str) -> None:
        """The Kubernetes API is no address here: test_api_server.py."""
        found = of_kind(objects("todo", place), "NetworkPolicy")
        internet = set()
        for name in SERVICES:
            for ports, block in _blocks(found[name]):
                internet.add(name)
                assert ports == {443, 465, 587}
                kept_out = [IPv4Network(each) for each in block["except"]]
                assert all(any(IPv4Network(each).subnet_of(out) for out in kept_out) for each in PRIVATE)
        assert internet == {"notification"}


def _blocks(policy: Object) -> list[tuple[set[int], dict[str, Any]]]:
    """Ports and addresses of each rule that lets out to addresses."""
    return [
        ({entry["port"] for entry in rule.get("ports", [])}, peer["ipBlock"])
        for rule in policy["spec"]["egress"]
        for peer in rule.get("to", [])
        if "ipBlock" in peer
    ]


@pytest.mark.parametrize("place", PLACES)
class TestGateway:
    def test_serves_over_tls_only(self, place: str) -> None:
        found = objects("todo", place)
        [gateway] = of_kind(found, "Gateway").values()
        listeners = {each["name"]: each for each in gateway["spec"]["listeners"]}
        assert listeners["https"]["tls"]["mode"] == "Terminate"
        routes = of_kind(found, "HTTPRoute")
        plain = [each for each in routes.values() if _listens(each) != "https"]
        [rule] = [rule for each in plain for rule in each["spec"]["rules"]]
        assert rule["filters"][0]["requestRedirect"]["scheme"] == "https"
        assert "backendRefs" not in rule

    def test_is_where_links_in_mails_and_calendars_lead(self, place: str) -> None:
        [gateway] = of_kind(objects("todo", place), "Gateway").values()
        hosts = {each["hostname"] for each in gateway["spec"]["listeners"]}
        variables = {
            pod.name: {each["name"]: each.get("value") for each in app(pod)["env"]} for pod in services(place)
        }
        urls = {each["TODO_PUBLIC_URL"] for each in variables.values() if "TODO_PUBLIC_URL" in each}
        assert urls == {f"https://{host}" for host in hosts}

    def test_is_the_one_host_that_the_frontend_answers_to(self, place: str) -> None:
        [gateway] = of_kind(objects("todo", place), "Gateway").values()
        [frontend] = [pod for pod in services(place) if pod.name == "Deployment frontend"]
        variables = {each["name"]: each.get("value", "") for each in app(frontend)["env"]}
        allowed = split_names(variables["TODO_ALLOWED_HOSTS"])
        assert allowed == {each["hostname"] for each in gateway["spec"]["listeners"]}
        probes = [app(frontend)[f"{each}Probe"]["httpGet"] for each in ("startup", "liveness", "readiness")]
        assert {key for probe in probes for key in probe} == {"path", "port"}  # so by the pod's address

    @pytest.mark.parametrize("way", ["gateway", "ingress"])
    def test_is_told_apart_from_a_host_that_would_be_refused(self, place: str, way: str) -> None:
        settings = [f"{each}.enabled={each == way}".lower() for each in ("gateway", "ingress")]
        with pytest.raises(RenderError, match=r"TODO_ALLOWED_HOSTS is .* without other\.example\.com"):
            objects("todo", place, *settings, "host=other.example.com")
        for allowed in ("", "Other.example.com", "todo.example.com\\, other.example.com"):
            named = f"frontend.env.TODO_ALLOWED_HOSTS={allowed}"
            assert objects("todo", place, *settings, "host=other.example.com", named)

    def test_leads_nobody_to_what_is_of_the_inside(self, place: str) -> None:
        rules = of_kind(objects("todo", place), "HTTPRoute")["frontend"]["spec"]["rules"]
        kept = {
            each["path"]["value"] for rule in rules if "backendRefs" not in rule for each in rule["matches"]
        }
        assert kept == {"/healthz", "/readyz", "/metrics", "/dapr", "/events", "/job"}

    def test_reaches_the_frontend_and_nobody_else(self, place: str) -> None:
        network = Network.of(objects("todo", place))
        labels = {"app.kubernetes.io/component": "service"}
        pod = {name: Place(labels | {"app.kubernetes.io/name": name}) for name in SERVICES}
        reached = {
            (name, port)
            for name in SERVICES
            for port in (APP, SIDECAR, 9090)
            if network.allows("egress", GATEWAY, pod[name], port)
        }
        assert reached == {("frontend", APP)}
        for target, port in [(Place({"app.kubernetes.io/name": "redis"}), 6379), (Place({}, "default"), 443)]:
            assert not network.allows("egress", GATEWAY, target, port)


def _listens(route: Object) -> str:
    [parent] = route["spec"]["parentRefs"]
    return str(parent["sectionName"])
