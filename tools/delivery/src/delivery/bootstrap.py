"""From an account to a running environment, step by step; each says what it does and can be repeated."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from delivery import releases
from delivery.access import Access
from delivery.environments import CHARTS, Environment
from delivery.infrastructure_values import CONFIG_MAP, publish_values, read_values
from delivery.operators import build_waits
from delivery.pins import Pin
from delivery.terraform import Infrastructure
from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.tool import require_command

ADDRESS_SECONDS = 600
MONITORING_NAMESPACE = "monitoring"
MONITORING: dict[str, object] = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": MONITORING_NAMESPACE},
}
GATEWAY = ("get", "gateway", "todo", "--output=jsonpath={.status.addresses[0].value}")


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What to bring up, and with which images.

    ephemeral: data that keeps nothing, for a cluster without operators.
    """

    environment: Environment
    access: Access
    pins: Mapping[str, Pin] = field(default_factory=dict)
    tag: str = ""
    registry: str = ""
    ephemeral: bool = False
    wait: str = releases.WAIT

    @property
    def steps(self) -> dict[str, tuple[str, Callable[[], str]]]:
        """By name, in order: what it does, and how; the response says what came of it."""
        return {
            "terraform": ("network, cluster, registry, buckets, databases", self.terraform),
            "access": ("a kubeconfig that expires", self.credentials),
            "platform": ("gateway, certificates, Dapr, operators, as pinned", self.platform),
            "values": ("what Terraform knows, where each release reads it", self.values),
            "secrets": ("those Terraform knows, and what is missing", self.secrets),
            "data": ("Kafka, PostgreSQL, Redis, as far as they are not managed", self.data),
            "monitoring": (
                "Prometheus, Alertmanager, Loki, Jaeger, Grafana, rules and dashboards",
                self.monitoring,
            ),
            "services": ("migrations, then the six services", self.services),
            "address": ("the host name points to the gateway", self.address),
        }

    def run(self, requested: list[str]) -> None:
        """Raises `CommandError` naming the step that failed; those before it needn't be repeated."""
        unknown = set(requested) - set(self.steps)
        if unknown:
            raise CommandError(
                f"No such step: {', '.join(sorted(unknown))}; there are {', '.join(self.steps)}."
            )
        chosen = [name for name in self.steps if not requested or name in requested]
        for number, name in enumerate(chosen, start=1):
            what, how = self.steps[name]
            print(f"{number}/{len(chosen)} {name}: {what}", flush=True)
            try:
                print(f"    {how()}", flush=True)
            except CommandError as error:
                raise CommandError(f"Step {name} failed.\n{error}") from error

    def terraform(self) -> str:
        infrastructure = Infrastructure(self.environment)
        infrastructure.init()
        infrastructure.apply()
        return f"cluster {infrastructure.outputs()['cluster_id']}"

    def credentials(self) -> str:
        doctl = require_command("doctl", "Install doctl and sign in: doctl auth init.")
        cluster = str(Infrastructure(self.environment).outputs()["cluster_id"])
        command = [doctl, "kubernetes", "cluster", "kubeconfig", "save", cluster]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CommandError(done.stderr.strip())
        nodes = self.access.kubectl("get", "nodes", "--output=name").splitlines()
        return f"{len(nodes)} nodes"

    def platform(self) -> str:
        where = ["--namespace", self.environment.namespace, "--environment", self.environment.name]
        self._module("tools.install_platform", *where)
        return "every release has the version of charts/platform/helmfile.yaml.gotmpl"

    def values(self) -> str:
        publish_values(self.access, Infrastructure(self.environment).chart_values())
        return f"the ConfigMap {CONFIG_MAP} of the namespace {self.access.namespace}"

    def secrets(self) -> str:
        known = 0 if self.ephemeral else self._apply_known_secrets()
        options = ["--ephemeral"] if self.ephemeral else []
        self._module("tools.make_secrets", "--namespace", self.environment.namespace, *options)
        return f"{known} that Terraform knows, the others were there or have been made"

    def data(self) -> str:
        values = [part for path in self.environment.values_of("data") for part in ("--values", path)]
        install = ["upgrade", "--install", "data", str(CHARTS / "data"), *values]
        infrastructure = read_values(self.access).by_chart["data"]
        self.access.helm(*install, "--wait", f"--timeout={self.wait}", stdin=infrastructure)
        for wait in build_waits(self.access.helm("get", "manifest", "data"), self.wait):
            self.access.kubectl(*wait)
        return "ready"

    def monitoring(self) -> str:
        self._module("tools.install_monitoring", self.environment.name)
        return "every release has the version of monitoring/helmfile.yaml.gotmpl"

    def services(self) -> str:
        release = releases.Release(self.environment, self.pins, self.tag, self.registry, self.wait)
        revision = releases.upgrade_release(self.access, release)
        return f"revision {revision.number}: {revision.description}"

    def address(self) -> str:
        deadline = time.monotonic() + ADDRESS_SECONDS
        while not (address := self.access.kubectl(*GATEWAY).strip()):
            if time.monotonic() > deadline:
                raise CommandError(f"The gateway has no address after {ADDRESS_SECONDS} s.")
            time.sleep(5)
        Infrastructure(self.environment).apply(address)
        self.values()
        return f"{self.environment.find_host(read_values(self.access))} is {address}"

    def _apply_known_secrets(self) -> int:
        """Those with what Terraform knows, Loki's in the namespace of the monitoring; says how many."""
        outputs = Infrastructure(self.environment).outputs()
        key = outputs["bucket_keys"]["logs"]
        loki = {"S3_KEY": key["access_key"], "S3_SECRET": key["secret_key"]}
        ours = [_build_secret(name, content) for name, content in outputs.get("secrets", {}).items()]
        self._apply(self.environment.namespace, ours)
        self._apply(MONITORING_NAMESPACE, [MONITORING, _build_secret("loki-s3", loki)])
        return len(ours) + 1

    def _apply(self, namespace: str, items: list[dict[str, object]]) -> None:
        manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        self.access.kubectl(
            "apply", "--server-side", f"--namespace={namespace}", "--filename", "-", stdin=manifest
        )

    def _module(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", name, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.access.env, text=True, check=False)
        if done.returncode:
            raise CommandError(f"`python -m {name}` failed; its output is above.")


def _build_secret(name: str, content: dict[str, str]) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content}
