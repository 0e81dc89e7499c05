"""The platform as the charts put it on a cluster, and ways to look into it."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.cluster import Cluster
from cluster.toolbox import KUBECTL
from contracts.names import App
from delivery.operators import build_waits
from devstack.paths import ROOT
from devstack.toolbox.ensure import find_tool
from tests.charts.rendering import CHARTS, NAMESPACE, build_dependencies
from tests.cluster.given import KIND, choose_namespace, choose_values, claim_namespace
from tests.cluster.reaching import open_edge
from tools.install_platform import foundations

DATA_SECONDS, SERVICES_SECONDS = 900, 240
"""A standby joins after a checkpoint, which PostgreSQL spreads over minutes once anything was written."""
SIDECAR_PORT = 3500
SELF_SIGNED = """
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: self-signed}
spec: {selfSigned: {}}
"""
"""For the gateway of a cluster that nobody outside can reach."""
BROKERS = {KIND: "strimzi.io/broker-role=true", "cluster-test": "app.kubernetes.io/name=kafka"}
"""Labels of Kafka's pods, by the values that are used."""
HELM_WAITS = 6
"""Helm's timeout is for each thing it waits for: the migrations one after the other, then the rest."""

ASK = """
import json, sys, urllib.request, os
method, url, body, headers = json.load(sys.stdin)
data = json.dumps(body).encode() if body is not None else None
headers = {'dapr-api-token': os.environ['DAPR_API_TOKEN'], 'content-type': 'application/json', **headers}
request = urllib.request.Request(url, data, headers, method=method)
try:
    with urllib.request.urlopen(request, timeout=20) as answer:
        print(json.dumps([answer.status, answer.read().decode()]))
except urllib.error.HTTPError as error:
    print(json.dumps([error.code, error.read().decode()]))
except OSError as error:
    print(json.dumps([0, str(error)]))
"""
CONNECT = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def opens(place):
    try:
        socket.create_connection(tuple(place), 3).close()
        return True
    except OSError:
        return False
places = json.load(sys.stdin)
with ThreadPoolExecutor(len(places)) as pool:
    print(json.dumps(list(pool.map(opens, places))))
"""


def is_ready(pod: Mapping[str, Any]) -> bool:
    states = pod["status"].get("containerStatuses", [])
    return bool(states) and all(state["ready"] for state in states)


@dataclass(frozen=True, slots=True)
class System:
    """Six services and their data in one namespace of a cluster."""

    cluster: Cluster
    namespace: str = NAMESPACE

    @classmethod
    def of(cls, cluster: Cluster) -> "System":
        """The one that tests install."""
        return cls(cluster, choose_namespace(cluster))

    @property
    def values(self) -> str:
        """Which files of values are used: `kind` or `cluster-test`."""
        return choose_values(self.cluster)

    @property
    def ephemeral(self) -> list[str]:
        """Option for programs that make Secrets: those of Kafka's users are Strimzi's where it runs."""
        return [] if self.values == KIND else ["--ephemeral"]

    def values_of(self, chart: str) -> Path:
        return CHARTS / chart / f"values-{self.values}.yaml"

    def install(self) -> None:
        """Both charts, as docs/DEPLOYMENT.md has it; what is there already is brought up to date."""
        claim_namespace(self.cluster, self.namespace)
        if self.values == KIND:
            self.cluster.apply(SELF_SIGNED)
        manifests = foundations(self.namespace)
        self.cluster.kubectl("apply", "--server-side", "--filename", "-", stdin=manifests)
        self._make_secrets()
        self.upgrade("data", seconds=DATA_SECONDS)
        manifest = self.cluster.helm("get", "manifest", "data", "--namespace", self.namespace)
        for wait in build_waits(manifest, f"{DATA_SECONDS}s"):
            self.kubectl(*wait)
        build_dependencies()
        self.upgrade("todo", seconds=SERVICES_SECONDS)

    def upgrade(self, chart: str, *options: str, seconds: int) -> str:
        """What Helm says. Raises `CommandError` with the state of the pods if it doesn't come up in time."""
        values = ["--values", str(self.values_of(chart)), *options]
        where = ["--namespace", self.namespace, "--wait", f"--timeout={seconds}s"]
        install = ["upgrade", "--install", chart, str(CHARTS / chart), *where, *values]
        return self.cluster.helm(*install, seconds=seconds * HELM_WAITS)

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, stdin=stdin, check=check)

    def get(self, *what: str) -> Any:
        return json.loads(self.kubectl("get", *what, "--output=json"))

    def pods(self, app: str) -> list[dict[str, Any]]:
        """Pods of a service, those that are being removed left out."""
        selector = f"app.kubernetes.io/name={app},app.kubernetes.io/component=service"
        found: list[dict[str, Any]] = self.get("pods", "--selector", selector)["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def ready_pod(self, app: str) -> dict[str, Any]:
        """One that serves, while others may still be starting."""
        return next(pod for pod in self.pods(app) if is_ready(pod))

    def primary(self) -> str:
        """Name of the PostgreSQL pod that takes writes."""
        selector = "cnpg.io/cluster=postgres,cnpg.io/instanceRole=primary"
        [pod] = self.get("pods", "--selector", selector)["items"]
        return str(pod["metadata"]["name"])

    def brokers(self) -> list[str]:
        """Names of Kafka's pods."""
        found = self.get("pods", "--selector", BROKERS[self.values])["items"]
        return sorted(str(pod["metadata"]["name"]) for pod in found)

    def data_pod(self, name: str) -> Any:
        """One pod of kafka, postgres (its primary) or redis."""
        match name:
            case "kafka":
                pod = self.brokers()[0]
            case "postgres":
                pod = self.primary()
            case _:
                pod = f"{name}-0"
        return self.get("pod", pod)

    def pod_address(self, app: str) -> str:
        return str(self.ready_pod(app)["status"]["podIP"])

    @property
    def edge(self) -> str:
        """URL of the frontend, for this process."""
        return open_edge(self.cluster, self.namespace, self.get("service", App.FRONTEND)["spec"]["clusterIP"])

    def secret(self, name: str) -> dict[str, str]:
        content: Mapping[str, str] = self.get("secret", name)["data"]
        return {key: base64.b64decode(value).decode() for key, value in content.items()}

    def ask_sidecar(
        self, app: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Status and body of what the sidecar of `app` answers its app; 0 if nothing did."""
        request = json.dumps([method, f"http://127.0.0.1:{SIDECAR_PORT}{path}", body, headers or {}])
        status, text = json.loads(self.run_python(app, ASK, request))
        return int(status), str(text)

    def connects(self, app: str, places: Sequence[tuple[str, int]]) -> list[bool]:
        """Which of these a pod of `app` opens a TCP connection to."""
        found: list[bool] = json.loads(self.run_python(app, CONNECT, json.dumps(places)))
        return found

    def run_python(self, app: str, code: str, stdin: str = "") -> str:
        """What `code` prints, run in the container of a service."""
        pod = self.ready_pod(app)["metadata"]["name"]
        command = ["exec", "--stdin", pod, "--container=app", "--", "python3", "-c", code]
        return self.kubectl(*command, stdin=stdin)

    def _make_secrets(self) -> None:
        path = os.pathsep.join([str(find_tool(KUBECTL).parent), os.environ["PATH"]])
        env = {**os.environ, "PATH": path, "KUBECONFIG": str(self.cluster.kubeconfig)}
        command = [sys.executable, "-m", "tools.make_secrets", "--namespace", self.namespace]
        command += self.ephemeral
        subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
