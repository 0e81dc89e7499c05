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
from delivery.terraform import Infrastructure
from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.tool import require_command

ADDRESS_SECONDS = 600
GATEWAY = ("get", "gateway", "todo", "--output=jsonpath={.status.addresses[0].value}")


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What to bring up, and with which images.

    ephemeral: data that keeps nothing, for a cluster without operators.
    """

    environment: Environment
    access: Access
    digests: Mapping[str, str] = field(default_factory=dict)
    tag: str = ""
    registry: str = ""
    ephemeral: bool = False
    wait: str = releases.WAIT

    @property
    def steps(self) -> dict[str, tuple[str, Callable[[], str]]]:
        """By name, in order: what it does, and how; the answer says what came of it."""
        return {
            "terraform": ("network, cluster, registry, buckets, databases", self.terraform),
            "access": ("a kubeconfig that expires", self.credentials),
            "platform": ("gateway, certificates, Dapr, operators, as pinned", self.platform),
            "secrets": ("those Terraform knows, and what is missing", self.secrets),
            "data": ("Kafka, PostgreSQL, Redis, as far as they are not managed", self.data),
            "services": ("migrations, then the six services", self.services),
            "address": ("the host name points to the gateway", self.address),
        }

    def run(self, wanted: list[str]) -> None:
        """Raises `CommandError` naming the step that failed; those before it needn't be repeated."""
        unknown = set(wanted) - set(self.steps)
        if unknown:
            raise CommandError(
                f"No such step: {', '.join(sorted(unknown))}; there are {', '.join(self.steps)}."
            )
        chosen = [name for name in self.steps if not wanted or name in wanted]
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
        infrastructure.write_values()
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
        self._module("tools.install_platform")
        return "every release has the version of charts/platform/helmfile.yaml"

    def secrets(self) -> str:
        managed = self._managed_secrets()
        if managed:
            manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": managed})
            self.access.kubectl("apply", "--server-side", "--filename", "-", stdin=manifest)
        self._module("tools.make_secrets", *(["--ephemeral"] if self.ephemeral else []))
        return f"{len(managed)} that Terraform knows, the others were there or have been made"

    def data(self) -> str:
        values = [part for path in self.environment.values_of("data") for part in ("--values", str(path))]
        chart = str(CHARTS / "data")
        self.access.helm("upgrade", "--install", "data", chart, *values, "--wait", f"--timeout={self.wait}")
        return "ready"

    def services(self) -> str:
        images = {"tag": self.tag, "registry": self.registry, "wait": self.wait}
        revision = releases.upgrade_release(self.access, self.environment, self.digests, **images)
        return f"revision {revision.number}: {revision.description}"

    def address(self) -> str:
        deadline = time.monotonic() + ADDRESS_SECONDS
        while not (address := self.access.kubectl(*GATEWAY).strip()):
            if time.monotonic() > deadline:
                raise CommandError(f"The gateway has no address after {ADDRESS_SECONDS} s.")
            time.sleep(5)
        Infrastructure(self.environment).apply(address)
        return f"{self.environment.host} is {address}"

    def _managed_secrets(self) -> list[dict[str, object]]:
        if self.ephemeral:
            return []
        found: dict[str, dict[str, str]] = Infrastructure(self.environment).outputs().get("secrets", {})
        return [
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content}
            for name, content in found.items()
        ]

    def _module(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", name, "--namespace", self.environment.namespace, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.access.env, text=True, check=False)
        if done.returncode:
            raise CommandError(f"`python -m {name}` failed; what it said is above.")
