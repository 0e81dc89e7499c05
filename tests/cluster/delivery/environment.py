"""One environment on the cluster of the tests, brought up and changed by nothing but the program CI runs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster.cluster import Cluster
from cluster.node import Node
from cluster.toolbox import CTR, KUBECTL
from delivery.environments import Values
from delivery.infrastructure_values import build_config_map
from devstack.paths import ROOT
from devstack.toolbox.ensure import find_tool
from tests.cluster.given import claim_namespace
from tests.cluster.todo.system import System
from tools.install_platform import foundations

GOING_SECONDS = 180
"""For a namespace, whose pods may take their time to end."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """An environment by its name, on a cluster; `folder` is for files of a test."""

    name: str
    cluster: Cluster
    folder: Path

    @property
    def system(self) -> System:
        return System(self.cluster, self.name)

    @property
    def host(self) -> str:
        return f"{self.name}.example.org"

    @property
    def infrastructure(self) -> dict[str, dict[str, object]]:
        """What Terraform would know: by chart, what the environment's own files have examples of.

        There is no collector here, and the cluster is too small for the environment's quota.
        """
        public = {"env": {"TODO_PUBLIC_URL": f"https://{self.host}"}}
        shared = {"monitoring": {"otlpEndpoint": ""}, "image": {"registry": "local/todo"}}
        todo = {"host": self.host, "task": public, "notification": public, "global": shared}
        return {"data": {}, "todo": {**todo, "quota": {"enabled": False}}}

    @property
    def values(self) -> list[Values]:
        """Files of values that come last: those for the cluster of the tests."""
        return [(chart, self.system.values_of(chart)) for chart in self.infrastructure]

    def publish_infrastructure(self) -> None:
        """As the step `values` of `make deploy` does, whose Terraform has no account here."""
        manifest = json.dumps(build_config_map(self.infrastructure))
        self.system.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", stdin=manifest)

    def make_namespace(self) -> None:
        """As `tools.install_platform` does, whose releases can't be fetched; an old one goes first."""
        claim_namespace(self.cluster, self.name)
        self.delete_namespace()
        claim_namespace(self.cluster, self.name)
        manifests = foundations(self.name)
        self.cluster.kubectl("apply", "--server-side", "--filename", "-", stdin=manifests)
        self.publish_infrastructure()

    def delete_namespace(self) -> None:
        """Returns when it is gone; the next test may want one of the same name.

        PostgreSQL goes first: Kubernetes looks at a namespace again when half of the time has passed that
        its pods may take to end, which is minutes, and a database's pods end in seconds.
        """
        if self.cluster.kubectl("get", "namespace", self.name, "--ignore-not-found"):
            self.system.kubectl("delete", "clusters.postgresql.cnpg.io", "--all", "--timeout=60s")
        gone = ["delete", "namespace", self.name, "--ignore-not-found", f"--timeout={GOING_SECONDS}s"]
        self.cluster.kubectl(*gone)

    def delivery(
        self, verb: str, *arguments: str, succeeds: bool = True, names: Mapping[str, str] | None = None
    ) -> str:
        """What `delivery` printed, with the kubeconfig as CI hands it over; it has to end as told.

        names: hosts, each with its address, that only this run of it knows; DNS knows none of them.
        """
        command = [*(self._knowing(names) if names else []), *self._program(verb, *arguments)]
        done = subprocess.run(command, cwd=ROOT, env=self._env, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        assert (done.returncode == 0) == succeeds, output
        return output

    def start_delivery(self, verb: str, *arguments: str) -> subprocess.Popen[str]:
        """The same, without waiting for its end."""
        return subprocess.Popen(
            self._program(verb, *arguments), cwd=ROOT, env=self._env, stdout=subprocess.DEVNULL, text=True
        )

    def apply_secret(self, name: str, content: Mapping[str, str]) -> None:
        """As people make those that nothing makes for them."""
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content}
        self.system.kubectl("apply", "--filename", "-", stdin=json.dumps(secret))

    def name_by_digest(self) -> dict[str, str]:
        """`sha256:…` of each service's image, and its name by that digest, as if a registry had given it."""
        ctr = [str(find_tool(CTR)), *Node(self.cluster.folder).ctr_options(), "images"]
        listed = subprocess.run([*ctr, "list"], capture_output=True, text=True, check=True).stdout
        found = re.findall(r"^(\S+local/todo/(\w+)):dev +\S+ +(sha256:\w+)", listed, re.M)
        for name, _, digest in found:
            tag = [*ctr, "tag", "--force", f"{name}:dev", f"{name}@{digest}"]
            subprocess.run(tag, capture_output=True, check=True)
        return {app: digest for _, app, digest in found}

    def running(self) -> dict[str, str]:
        """Image of each service."""
        return {
            each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0]["image"]
            for each in self.system.get("deployments")["items"]
        }

    def revision(self) -> int:
        where = ["--namespace", self.name, "--output=json"]
        return int(json.loads(self.cluster.helm("history", "todo", *where))[-1]["revision"])

    @property
    def _env(self) -> dict[str, str]:
        path = os.pathsep.join([str(find_tool(KUBECTL).parent), os.environ["PATH"]])
        return {**os.environ, "PATH": path, "KUBE_CONFIG": self.cluster.kubeconfig.read_text()}

    def _program(self, verb: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "delivery.cli", verb, self.name, *self._values(), *arguments]

    def _knowing(self, names: Mapping[str, str]) -> list[str]:
        """Runs what comes after it with a file of hosts of its own."""
        hosts = self.folder / "hosts"
        hosts.write_text("".join(f"{address} {name}\n" for name, address in names.items()))
        mounted = 'mount --bind "$0" /etc/hosts && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", mounted, str(hosts)]

    def _values(self) -> list[str]:
        return [part for chart, file in self.values for part in ("--values", f"{chart}={file}")]
