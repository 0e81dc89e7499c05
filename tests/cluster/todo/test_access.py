"""Who may do what, on the running system: identities, calls, topics, secrets, connections, the API server."""

import json
import random
import socket
import ssl
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError
from cryptography import x509

from contracts.names import App, Topic
from devstack.errors import CommandError
from servicekit.security.auth import JWKS_PATH
from tests.charts.network import Network
from tests.charts.rendering import objects
from tests.charts.test_talks import APP, DATA, METRICS, SIDECAR, service
from tests.cluster.given import KIND
from tests.cluster.reaching import open_port
from tests.cluster.todo.system import System
from tests.system.addresses import left

pytestmark = pytest.mark.timeout(900)


def invoke(system: System, caller: str, callee: str, method: str, path: str) -> tuple[int, str]:
    """A call from service to service; where Dapr lets it through, the callee wants an access token."""
    return system.ask_sidecar(caller, method, f"/v1.0/invoke/{callee}/method{path}")


@pytest.mark.parametrize("app", App)
def test_sidecars_have_an_identity_of_their_own(system: System, app: App) -> None:
    pod = system.ready_pod(app)["metadata"]["name"]
    pem = ssl.get_server_certificate(open_port(system.cluster, system.namespace, pod, SIDECAR))
    certificate = x509.load_pem_x509_certificate(pem.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    identities = names.get_values_for_type(x509.UniformResourceIdentifier)
    assert identities == [f"spiffe://public/ns/{system.namespace}/{app}"]


class TestCalls:
    @pytest.mark.parametrize("caller", sorted(set(App) - {App.USER}))
    def test_for_the_keys_are_allowed(self, system: System, caller: str) -> None:
        assert invoke(system, caller, App.USER, "GET", JWKS_PATH)[0] == 200

    @pytest.mark.parametrize(
        ("caller", "callee", "method", "path"),
        [
            ("chat", "task", "GET", "/tasks"),
            ("chat", "task", "POST", "/tasks/1/complete"),
            ("chat", "task", "PATCH", "/tasks/1"),
            ("chat", "task", "GET", "/projects"),
            ("frontend", "chat", "POST", "/mcp"),
            ("frontend", "task", "PATCH", "/tasks/1"),
            ("frontend", "user", "GET", "/users/me"),
            ("frontend", "chat", "GET", "/chat/conversations/1"),
            ("frontend", "notification", "POST", "/notifications/1/read"),
            ("frontend", "analytics", "GET", "/ops/dead-letters"),
        ],
    )
    def test_that_are_listed_reach_the_service(
        self, system: System, caller: str, callee: str, method: str, path: str
    ) -> None:
        """It refuses them for want of an access token, in its own words."""
        status, body = invoke(system, caller, callee, method, path)
        assert (status, "access control" in body) == (401, False), body

    @pytest.mark.parametrize(
        ("caller", "callee", "method", "path"),
        [
            ("chat", "task", "PATCH", "/projects/1"),
            ("chat", "task", "POST", "/labels"),
            ("chat", "task", "POST", "/events/pubsub/user-events"),
            ("chat", "user", "GET", "/users/me"),
            ("task", "user", "POST", "/auth/sign-in"),
            ("notification", "user", "DELETE", "/users/me"),
            ("frontend", "user", "PUT", "/users/me"),
            ("frontend", "user", "GET", "/metrics"),
            ("frontend", "task", "GET", "/tasks/1/2/complete"),
            ("frontend", "task", "DELETE", "/tasks/1/complete"),
            ("frontend", "analytics", "POST", "/ops/dead-letters"),
        ],
    )
    def test_that_are_not_listed_are_refused(
        self, system: System, caller: str, callee: str, method: str, path: str
    ) -> None:
        status, body = invoke(system, caller, callee, method, path)
        assert (status, "access control policy has denied access" in body) == (403, True), body


class TestAddress:
    async def test_of_people_is_the_last_one_the_gateway_names(self, system: System) -> None:
        """These tests come from the range of its pods. Nobody else who can connect is believed."""
        ada, bob, made_up = (f"203.0.113.{number}" for number in random.sample(range(256), 3))
        remaining = await left(system.edge, ada, ada, f"{made_up}, {ada}", bob, made_up)
        assert remaining == [1996, 1992, 1988, 1996, 1996]


class TestTopics:
    @pytest.mark.parametrize(
        ("app", "pubsub", "topic"),
        [
            ("task", "pubsub", "chat-events"),
            ("analytics", "pubsub", "todo-events"),
            ("frontend", "broadcast", "todo-events"),
        ],
    )
    def test_of_others_can_not_be_published_to(
        self, system: System, app: str, pubsub: str, topic: str
    ) -> None:
        status, body = system.ask_sidecar(app, "POST", f"/v1.0/publish/{pubsub}/{topic}", {})
        assert status == 403, body

    @pytest.mark.parametrize(("app", "topic"), [("task", "chat-events"), ("frontend", "todo-events")])
    @pytest.mark.usefixtures("kafka")
    async def test_of_others_are_refused_by_kafka_too(self, system: System, app: str, topic: str) -> None:
        """A service that could get round its sidecar would get no further."""
        with pytest.raises(TopicAuthorizationFailedError):
            await _publish(system, app, topic)

    @pytest.mark.usefixtures("kafka")
    async def test_of_their_own_are_not(self, system: System) -> None:
        await _publish(system, App.TASK, Topic.DEAD_LETTERS)


@pytest.fixture
def kafka(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets this process find each broker by the name pods have for it."""
    port, resolve = _kafka_port(system), socket.getaddrinfo
    addresses = {
        _broker_host(system, pod): open_port(
            system.cluster, system.namespace, pod, port, local=f"127.0.0.{number}", same=True
        )[0]
        for number, pod in enumerate(system.brokers(), 2)
    }

    def find(host: Any, *arguments: Any, **options: Any) -> Any:
        return resolve(addresses.get(host, host), *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", find)


def _kafka_port(system: System) -> int:
    return 9093 if system.values == KIND else 9092


def _broker_host(system: System, pod: str) -> str:
    """What Kafka calls itself: where Strimzi runs it, each broker has a name."""
    return f"{pod}.todo-kafka-brokers.{system.namespace}.svc" if system.values == KIND else "kafka"


async def _publish(system: System, app: str, topic: str) -> None:
    bootstrap = f"{_broker_host(system, system.brokers()[0])}:{_kafka_port(system)}"
    secured: dict[str, Any] = {"security_protocol": "SASL_PLAINTEXT"}
    if system.values == KIND:
        authority = system.secret("todo-cluster-ca-cert")["ca.crt"]
        trusted = ssl.create_default_context(cadata=authority)
        trusted.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Strimzi's certificates lack an extension
        secured = {"security_protocol": "SASL_SSL", "ssl_context": trusted}
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=app,
        sasl_plain_password=system.secret(f"kafka-{app}")["password"],
        **secured,
    )
    async with producer:
        await producer.send_and_wait(topic, b"{}")


class TestSecrets:
    @pytest.mark.parametrize(
        ("app", "secret"),
        [("user", "token-signing"), ("frontend", "session"), ("notification", "notification")],
    )
    def test_are_read_by_those_who_need_them(self, system: System, app: str, secret: str) -> None:
        status, body = system.ask_sidecar(app, "GET", f"/v1.0/secrets/secretstore/{secret}")
        assert status == 200
        assert json.loads(body) == system.secret(secret)

    @pytest.mark.parametrize(
        ("app", "secret"),
        [
            ("user", "session"),
            ("user", "notification"),
            ("frontend", "token-signing"),
            ("notification", "session"),
            ("chat", "redis"),
            ("user", "redis"),
        ],
    )
    def test_are_kept_from_others(self, system: System, app: str, secret: str) -> None:
        status, body = system.ask_sidecar(app, "GET", f"/v1.0/secrets/secretstore/{secret}")
        assert status == 403, body

    @pytest.mark.parametrize("app", ["task", "analytics"])
    def test_are_out_of_reach_without_a_store(self, system: System, app: str) -> None:
        for store in ("secretstore", "kubernetes"):
            status, body = system.ask_sidecar(app, "GET", f"/v1.0/secrets/{store}/session")
            assert status in (401, 500), body
            assert "ERR_SECRET_STORE" in body


class TestState:
    @pytest.mark.parametrize("app", sorted(set(App) - {App.CHAT}))
    def test_is_for_chat_only(self, system: System, app: str) -> None:
        status, body = system.ask_sidecar(app, "GET", "/v1.0/state/statestore/x")
        assert (status, "ERR_STATE_STORE" in body) == (500, True) or status == 400, body


class TestConnections:
    @pytest.mark.parametrize("app", App)
    def test_are_open_where_the_charts_say_and_nowhere_else(self, system: System, app: App) -> None:
        place = system.values
        network = Network.of([*objects("data", place), *objects("todo", place)])
        expected = {
            (system.pod_address(other), port): network.lets_through(service(app), service(other), port)
            for other in set(App) - {app}
            for port in (SIDECAR, APP, METRICS)
        }
        for name, (server, port) in DATA.items():
            address = system.data_pod(name)["status"]["podIP"]
            if (name, place) == ("kafka", KIND):  # Strimzi's own policy, which has the services as peers
                expected[address, _kafka_port(system)] = True
            else:
                expected[address, port] = network.lets_through(service(app), server, port)
        places = list(expected)
        assert dict(zip(places, system.connects(app, places), strict=True)) == expected

    @pytest.mark.parametrize(("app", "opens"), [("user", True), ("task", False)])
    def test_to_the_api_server_are_for_sidecars_that_read_secrets(
        self, system: System, app: str, opens: bool
    ) -> None:
        address = system.cluster.kubectl(
            "get", "service", "kubernetes", "--output=jsonpath={.spec.clusterIP}"
        )
        assert system.connects(app, [(address, 443)]) == [opens]


class TestApiServer:
    @pytest.mark.parametrize(
        ("account", "verb", "what", "allowed"),
        [
            ("user", "get", "secret/token-signing", True),
            ("user", "get", "secret/session", False),
            ("user", "list", "secrets", False),
            ("frontend", "get", "secret/session", True),
            ("chat", "get", "secret/redis", True),
            ("chat", "get", "secret/dapr-api", False),
            ("task", "get", "secret/session", False),
            ("task", "get", "pods", False),
            ("default", "get", "pods", False),
            ("todo-test:ci", "patch", "deployments.apps", True),
            ("todo-test:ci", "create", "jobs.batch", True),
            ("todo-test:ci", "patch", "cronjobs.batch", True),
            ("todo-test:ci", "patch", "configurations.dapr.io", True),
            ("todo-test:ci", "create", "roles.rbac.authorization.k8s.io", True),
            ("todo-test:ci", "escalate", "roles.rbac.authorization.k8s.io", False),
            ("todo-test:ci", "bind", "roles.rbac.authorization.k8s.io", False),
            ("todo-test:ci", "create", "clusterroles.rbac.authorization.k8s.io", False),
            ("todo-test:ci", "create", "pods --subresource=exec", False),
            ("todo-test:ci", "get", "configmaps/infrastructure-values", True),
            ("todo-test:ci", "get", "configmaps/others", False),
            ("todo-test:ci", "patch", "configmaps/infrastructure-values", False),
            ("todo-test:ci", "delete", "namespaces", False),
            ("todo-test:ci", "create", "serviceaccounts --subresource=token", False),
        ],
    )
    def test_allows_each_account_what_it_needs(
        self, system: System, account: str, verb: str, what: str, allowed: bool
    ) -> None:
        whole = account if ":" in account else f"{system.namespace}:{account}"
        who = f"--as=system:serviceaccount:{whole}"
        output = system.kubectl("auth", "can-i", verb, *what.split(), who, check=False)
        assert output.strip().splitlines()[-1] == ("yes" if allowed else "no")

    def test_lets_nobody_grant_more_than_they_have(self, system: System) -> None:
        grant = ["create", "role", "more", "--verb=create", "--resource=pods/exec"]
        with pytest.raises(CommandError, match="attempting to grant RBAC permissions not currently held"):
            system.kubectl(*grant, "--as=system:serviceaccount:todo-test:ci")
