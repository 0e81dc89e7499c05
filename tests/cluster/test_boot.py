"""The cluster itself, before any chart: what every other test here relies on."""

import base64
import json
import ssl
import urllib.request
from typing import Any

import pytest
import yaml

from cluster.cluster import Cluster
from cluster.encryption import rotate_key
from cluster.paths import ETCD, NODE
from devstack.errors import CommandError
from tests.cluster import pods
from tests.cluster.machine_state import MachineState
from tests.system.waiting import until

pytestmark = pytest.mark.timeout(900)  # the first test waits for the whole cluster

DENY_ALL = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
ALLOW_CLIENT_TO_SERVER = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: client}
spec:
  podSelector: {matchLabels: {app: client}}
  policyTypes: [Egress]
  egress: [{to: [{podSelector: {matchLabels: {app: server}}}], ports: [{port: 8000}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: server}
spec:
  podSelector: {matchLabels: {app: server}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{port: 8000}]}]
"""

DAPR = {"operator", "sentry", "sidecar-injector", "placement-server", "scheduler-server"}
CONTROL_PLANES = {
    "kube-system": {"coredns", "metrics-server"},
    "dapr-system": {f"dapr-{part}" for part in DAPR},
}


def listed(cluster: Cluster, *what: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(cluster.kubectl("get", *what, "--output=json"))["items"]
    return items


def is_ready(item: dict[str, Any]) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in item["status"]["conditions"])


class TestUp:
    def test_the_node_is_ready(self, cluster: Cluster) -> None:
        nodes = listed(cluster, "nodes")
        assert all(map(is_ready, nodes))
        assert cluster.given or [node["metadata"]["name"] for node in nodes] == [NODE]

    @pytest.mark.parametrize(
        ("namespace", "names"),
        [
            ("kube-system", {"coredns", "metrics-server"}),
            (
                "dapr-system",
                {"dapr-operator", "dapr-sentry", "dapr-sidecar-injector", "dapr-placement-server"},
            ),
        ],
    )
    def test_what_it_consists_of_is_ready(self, cluster: Cluster, namespace: str, names: set[str]) -> None:
        found = listed(cluster, "pods", "--namespace", namespace)
        assert {name for name in names for pod in found if pod["metadata"]["name"].startswith(name)} == names
        until(lambda: all(map(is_ready, listed(cluster, "pods", "--namespace", namespace))), seconds=60)

    @pytest.mark.usefixtures("own_node")
    def test_doing_it_again_changes_nothing(self, cluster: Cluster) -> None:
        identity = ["get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}"]
        before = cluster.kubectl(*identity)
        cluster.up()
        assert cluster.kubectl(*identity) == before

    def test_metrics_of_the_node_arrive(self, cluster: Cluster) -> None:
        name = listed(cluster, "nodes")[0]["metadata"]["name"]
        until(lambda: name in cluster.kubectl("top", "node", check=False), seconds=60)


@pytest.mark.usefixtures("own_node")
class TestSecrets:
    def test_are_encrypted_in_etcd(self, cluster: Cluster, namespace: str) -> None:
        where = ["--namespace", namespace]
        cluster.kubectl(*where, "create", "secret", "generic", "mine", "--from-literal=key=plain-to-see")
        [stored] = self.read(cluster, f"/registry/secrets/{namespace}/mine")
        assert stored.startswith(b"k8s:enc:secretbox:v1:key")
        assert b"plain-to-see" not in stored

    def test_are_all_encrypted_anew_when_the_key_is_rotated(self, cluster: Cluster, namespace: str) -> None:
        where = ["--namespace", namespace]
        cluster.kubectl(*where, "create", "secret", "generic", "mine", "--from-literal=key=plain-to-see")
        newest = rotate_key(cluster)
        stored = self.read(cluster, "/registry/secrets/", "/registry/secrets0")
        assert stored
        assert {value.split(b":")[4] for value in stored} == {newest.encode()}
        [provider, _] = yaml.safe_load((cluster.folder.settings / "encryption.yaml").read_text())[
            "resources"
        ][0]["providers"]
        assert [key["name"] for key in provider["secretbox"]["keys"]] == [newest]
        read = cluster.kubectl(*where, "get", "secret", "mine", "--output=jsonpath={.data.key}")
        assert base64.b64decode(read) == b"plain-to-see"

    @staticmethod
    def read(cluster: Cluster, key: str, end: str = "") -> list[bytes]:
        """Values straight from etcd, through its JSON gateway: of one key, or of all from it to `end`."""
        certificates = cluster.folder.certificates
        trust = ssl.create_default_context(cafile=certificates / "etcd-ca.crt")
        identity = certificates / "apiserver-etcd-client.crt"
        trust.load_cert_chain(identity, identity.with_suffix(".key"))
        request = {"key": key} | ({"range_end": end} if end else {})
        body = json.dumps({name: base64.b64encode(each.encode()).decode() for name, each in request.items()})
        with urllib.request.urlopen(f"{ETCD}/v3/kv/range", body.encode(), context=trust) as response:
            return [base64.b64decode(each["value"]) for each in json.load(response)["kvs"]]


class TestPodSecurity:
    def test_a_pod_that_may_run_as_root_is_refused(self, cluster: Cluster, namespace: str) -> None:
        manifest = pods.pod("mighty", pods.WAIT).replace("runAsNonRoot: true", "runAsNonRoot: false")
        with pytest.raises(CommandError, match="violates PodSecurity"):
            pods.start(cluster, namespace, manifest)


class TestNames:
    def test_a_pod_finds_services_by_name(self, cluster: Cluster, namespace: str) -> None:
        pods.start(cluster, namespace, pods.pod("client", pods.WAIT))
        code = "import socket; print(socket.gethostbyname('kubernetes.default.svc.cluster.local'))"
        where = ["--namespace", "default", "get", "service", "kubernetes"]
        address = cluster.kubectl(*where, "--output=jsonpath={.spec.clusterIP}")
        assert pods.run_python(cluster, namespace, "client", code).strip() == address


class TestNetworkPolicies:
    def test_default_deny_holds_until_an_edge_is_allowed(self, cluster: Cluster, namespace: str) -> None:
        where = ["--namespace", namespace, "apply", "--filename", "-"]
        pods.start(cluster, namespace, pods.pod("client", pods.WAIT), pods.pod("server", pods.SERVE))
        server = pods.address(cluster, namespace, "server")
        until(lambda: pods.connects(cluster, namespace, "client", server), seconds=20)
        cluster.kubectl(*where, stdin=DENY_ALL)
        until(lambda: not pods.connects(cluster, namespace, "client", server), seconds=20)
        cluster.kubectl(*where, stdin=ALLOW_CLIENT_TO_SERVER)
        until(lambda: pods.connects(cluster, namespace, "client", server), seconds=20)


class TestDapr:
    def test_a_sidecar_is_injected_and_becomes_ready(self, cluster: Cluster, namespace: str) -> None:
        annotations = {"dapr.io/enabled": "true", "dapr.io/app-id": "app", "dapr.io/app-port": str(pods.PORT)}
        pods.start(cluster, namespace, pods.pod("app", pods.SERVE, **annotations))
        (pod,) = listed(cluster, "pods", "--namespace", namespace)
        ready = {status["name"]: status["ready"] for status in pod["status"]["containerStatuses"]}
        ready |= {
            status["name"]: status["ready"] for status in pod["status"].get("initContainerStatuses", [])
        }
        assert ready == {"app": True, "daprd": True}


@pytest.mark.usefixtures("own_node")
class TestDown:
    def test_leaves_nothing_behind(self, before: MachineState, cluster: Cluster) -> None:
        if any("containerd" in process for process in before.processes):
            pytest.skip("the cluster was up before this test run, and stays up")
        assert MachineState.now() != before
        cluster.down()
        assert MachineState.now().differences(before) == {}
        assert not cluster.folder.path.exists()
        assert cluster.down() is False
