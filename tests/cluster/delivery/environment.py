"""One environment on the cluster of the tests, brought up and changed by nothing but the program CI runs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from cluster.cluster import Cluster
from cluster.node import Node
from cluster.toolbox import CTR, KUBECTL
from delivery.environments import CHARTS
from devstack.paths import ROOT
from devstack.toolbox.ensure import find_tool
from tests.cluster.todo.system import VALUES, System
from tools.install_platform import foundations

HERE: dict[str, dict[str, object]] = {
    "data": {},
    "todo": {
        "global": {"monitoring": {"otlpEndpoint": ""}},
        "quota": {"enabled": False},
    },
}
"""What the values for the cluster of the tests leave as the environment has it; there is no collector."""
GOING_SECONDS = 180
"""For a namespace, whose pods may take their time to end."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """An environment by its name, on a cluster; `folder` is for files of values."""

    name: str
    cluster: Cluster
    folder: Path

    @property
    def system(self) -> System:
        return System(self.cluster, self.name)

    def make_namespace(self) -> None:
        """As `tools.install_platform` does, whose releases can't be fetched; an old one goes first."""
        gone = ["delete", "namespace", self.name, "--ignore-not-found", f"--timeout={GOING_SECONDS}s"]
        self.cluster.kubectl(*gone)
        manifests = foundations(self.name)
        self.cluster.kubectl("apply", "--server-side", "--filename", "-", stdin=manifests)

    def delivery(
        self, verb: str, *arguments: str, succeeds: bool = True, names: Mapping[str, str] | None = None
    ) -> str:
        """What `delivery` printed, with the kubeconfig as CI hands it over; it has to end as told.

        names: hosts, each with its address, that only this run of it knows; DNS knows none of them.
        """
        path = os.pathsep.join([str(find_tool(KUBECTL).parent), os.environ["PATH"]])
        env = {**os.environ, "PATH": path, "KUBE_CONFIG": self.cluster.kubeconfig.read_text()}
        program = [sys.executable, "-m", "delivery.cli", verb, self.name, *self._values(), *arguments]
        command = [*(self._knowing(names) if names else []), *program]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert (done.returncode == 0) == succeeds, said
        return said

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

    def _knowing(self, names: Mapping[str, str]) -> list[str]:
        """Runs what comes after it with a file of hosts of its own."""
        hosts = self.folder / "hosts"
        hosts.write_text("".join(f"{address} {name}\n" for name, address in names.items()))
        mounted = 'mount --bind "$0" /etc/hosts && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", mounted, str(hosts)]

    def _values(self) -> list[str]:
        files = [(chart, CHARTS / chart / VALUES) for chart in HERE]
        for chart, values in HERE.items():
            file = self.folder / f"{chart}.yaml"
            file.write_text(yaml.safe_dump(values))
            files.append((chart, file))
        return [part for chart, file in files for part in ("--values", f"{chart}={file}")]
