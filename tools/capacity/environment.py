"""One environment: its nodes, what runs on them at rest and at its busiest, and what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import hcl2
import yaml
from hcl2.utils import SerializationOptions

from devstack.helmfile import MONITORING_HELMFILE, Release, read_releases
from devstack.paths import ROOT
from tools.capacity import releases, rendered
from tools.capacity.packing import Node
from tools.capacity.pods import GIB, Amounts, Pod, number_pods, sum_requests
from tools.capacity.rendered import Scale

NAMES = ("staging", "production")
TERRAFORM = ROOT / "terraform"
FILE = Path(__file__).with_name("digitalocean.yaml")
PLAIN = SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)


@cache
def read_provider() -> dict[str, Any]:
    provider: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return provider


@dataclass(frozen=True)
class Environment:
    """An environment of terraform/environments, with the values that charts and releases have there."""

    name: str

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """Terraform's variables: those of the environment's file, and defaults."""
        chosen = hcl2.loads(_read(f"environments/{self.name}.tfvars"), serialization_options=PLAIN)
        blocks = hcl2.loads(_read("variables.tf"), serialization_options=PLAIN)["variable"]
        defaults = {
            name: body["default"] for block in blocks for name, body in block.items() if "default" in body
        }
        return {**defaults, **chosen}

    @cached_property
    def platform(self) -> Sequence[Release]:
        return read_releases(environment=self.name)

    @cached_property
    def monitoring(self) -> Sequence[Release]:
        return read_releases(MONITORING_HELMFILE, self.name)

    @property
    def services(self) -> Sequence[rendered.Object]:
        return rendered.render("todo", self.name)

    def list_nodes(self, workers: int) -> list[Node]:
        """So many workers, and the one node of the system, each with what runs on every node."""
        return [
            *(self._build_node(f"worker-{number}", self.worker_size) for number in range(workers)),
            self._build_node("system", self.system_size),
        ]

    @property
    def worker_size(self) -> str:
        return str(self.settings["worker_node_size"])

    @property
    def system_size(self) -> str:
        return str(self.settings["system_node_size"])

    @property
    def fewest(self) -> int:
        return int(self.settings["workers"]["min"])

    @property
    def most(self) -> int:
        return int(self.settings["workers"]["max"])

    def list_running(self, scale: Scale = "minReplicas") -> list[Pod]:
        """All that runs all the time, in the order `make deploy` starts it."""
        return [
            *self._list_provider(),
            *(pod for each in self.platform for pod in releases.list_pods(each)[0]),
            *self.list_data(scale),
            *(pod for each in self.monitoring for pod in releases.list_pods(each)[0]),
            *self.list_services(scale),
            *self.list_gateway(),
        ]

    def list_data(self, scale: Scale = "minReplicas") -> list[Pod]:
        return rendered.list_running(rendered.render("data", self.name), scale)

    def list_gateway(self) -> list[Pod]:
        fabric = next(each for each in self.platform if each.name == "nginx-gateway-fabric")
        return rendered.list_gateway(self.services, fabric.values["nginx"])

    def list_services(self, scale: Scale = "minReplicas") -> list[Pod]:
        return rendered.list_running(self.services, scale)

    def list_busiest(self, scale: Scale = "minReplicas") -> list[Pod]:
        """What comes on top at the busiest.

        A release replaces every pod of the services, and each that leaves serves on while its successor runs.
        Meanwhile databases are backed up, or restored for a test, and a release of another project is
        upgraded: the one with the most to replace.
        """
        surges = [releases.list_surge(each) for each in [*self.platform, *self.monitoring]]
        return [
            *self.list_services(scale),
            *rendered.list_jobs(self.services),
            *max(surges, key=lambda pods: sum_requests(pods).memory),
        ]

    def list_namespace(self, scale: Scale) -> list[Pod]:
        """What counts against the ResourceQuota of the services' namespace at its busiest."""
        return [
            *self.list_data(scale),
            *self.list_services(scale),
            *self.list_services(scale),
            *rendered.list_jobs(self.services),
            *self.list_gateway(),
        ]

    def price(self, workers: int) -> dict[str, float]:
        """US dollars a month, by what is paid for; what all environments share is production's."""
        provider = read_provider()
        prices, sizes = provider["prices"], provider["sizes"]["nodes"]
        volumes = sum(size for pod in self.list_running() for size in pod.volumes) / GIB
        found = {
            "workers": workers * sizes[self.worker_size]["price"],
            "system node": sizes[self.system_size]["price"],
            "control plane": prices["high_availability"] if self.settings["high_availability"] else 0,
            "load balancer": prices["load_balancer"],
            "volumes": volumes * prices["volume_gib"],
        }
        if self.settings["owns_account"]:
            found |= {"registry": prices["registry"], "buckets": prices["spaces"]}
        return found

    def _build_node(self, name: str, size: str) -> Node:
        provider = read_provider()
        limits = provider["limits"]
        ours = [*self.platform, *self.monitoring]
        each_node = [pod for each in ours for pod in releases.list_pods(each)[1]]
        system = [
            Pod(each["name"], each["name"], Amounts.parse(each)) for each in provider["system"]["each_node"]
        ]
        allocatable = Amounts.parse(provider["sizes"]["nodes"][size])
        return Node(name, allocatable, limits["pods"], limits["volumes"], [*system, *each_node])

    def _list_provider(self) -> list[Pod]:
        return [
            pod
            for each in read_provider()["system"]["once"]
            for pod in number_pods(Pod(each["name"], each["name"], Amounts.parse(each)), each["replicas"])
        ]


def _read(path: str) -> str:
    return (TERRAFORM / path).read_text()
