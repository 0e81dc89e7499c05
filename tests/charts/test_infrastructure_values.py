"""What Terraform knows reaches the manifests of a release by CI, which has nothing but the cluster."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from contracts.names import App
from delivery import releases
from delivery.access import Access
from delivery.environments import load_environment
from delivery.infrastructure_values import CONFIG_MAP
from delivery.releases import Release
from devstack.errors import CommandError
from tests.charts.rendering import CHARTS, Object, Pod, build_dependencies, helm, of_kind, parse, pods
from tests.terraform.configuration import outputs
from tools.delivery.tests.unit.recorded import config_map

HOST, POSTGRES, VALKEY = "todo.example.org", "private-pg.example.net", "private-valkey.example.net"
PORTS = {POSTGRES: 25060, VALKEY: 25061}
RANGE = "10.77.0.0/20"
BUCKET = "ours-backups"
VALUES: dict[str, Any] = {
    "data": {"postgres": {"enabled": False}, "redis": {"enabled": False}},
    "todo": {
        "host": HOST,
        "frontend": {"env": {"TODO_ALLOWED_HOSTS": HOST}},
        "task": {"env": {"TODO_PUBLIC_URL": f"https://{HOST}"}},
        "notification": {"env": {"TODO_PUBLIC_URL": f"https://{HOST}"}},
        "global": {
            "backup": {"store": {"endpoint": "https://ams3.example.net", "region": "ams3", "bucket": BUCKET}},
            "image": {"registry": "registry.digitalocean.com/ours"},
            "database": {
                "host": POSTGRES,
                "port": PORTS[POSTGRES],
                "ssl": "verify-full",
                "caSecret": "postgres-ca",
                "peers": [{"ipBlock": {"cidr": RANGE}}],
            },
            "redis": {
                "host": f"{VALKEY}:{PORTS[VALKEY]}",
                "tls": True,
                "peers": [{"ipBlock": {"cidr": RANGE}}],
                "ports": [PORTS[VALKEY]],
            },
        },
    },
}
"""As `terraform output` gives them with `managed_postgresql` and `managed_valkey` enabled."""

UPGRADE_ONLY = ("--install", "--history-max")
"""Options that `helm template` doesn't know."""


@dataclass(frozen=True, slots=True)
class RenderingAccess(Access):
    """A cluster with a ConfigMap, if there is one; what it is to install is rendered instead."""

    values: Mapping[str, Any] | None = None
    rendered: list[Object] = field(default_factory=list)

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        match arguments:
            case ("dependency", *_):
                build_dependencies()
            case ("upgrade", _, release, chart, *options):
                kept = [each for each in options if not each.startswith(UPGRADE_ONLY)]
                template = ["template", release, chart, "--namespace", self.namespace, *kept]
                self.rendered.extend(parse(helm(*template, stdin=stdin)))
            case ("history", *_):
                return '[{"revision": 1, "status": "deployed", "description": "Install complete"}]'
        return ""

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return config_map(self.values) if self.values and "configmap" in arguments else ""


@pytest.fixture(scope="module")
def released() -> list[Object]:
    """What the release of `deploy.yml` consists of."""
    access = RenderingAccess("production", values=VALUES)
    releases.upgrade_release(access, Release(load_environment("production"), {}, tag="a" * 40))
    return access.rendered


def services(found: list[Object]) -> dict[str, Pod]:
    return {
        each.owner["metadata"]["name"]: each for each in pods(found) if each.owner["kind"] == "Deployment"
    }


def environment(pod: Pod) -> dict[str, str]:
    [container] = pod.spec["containers"]
    return {each["name"]: each.get("value", "") for each in container["env"]}


class TestValues:
    def test_are_those_terraform_gives(self) -> None:
        """Every name here is one that outputs.tf assigns."""
        for chart, values in VALUES.items():
            text = str(outputs()[f"{chart}_values"]["value"])
            assert not {name for name in _names(values) if not re.search(rf"\b{name}\b", text)}


def _names(values: Any) -> set[str]:
    if isinstance(values, dict):
        return {name for key, value in values.items() for name in {key} | _names(value)}
    return {name for each in values for name in _names(each)} if isinstance(values, list) else set()


class TestRelease:
    def test_connects_to_the_managed_postgresql_over_tls(self, released: list[Object]) -> None:
        for name in set(App) - {App.FRONTEND}:
            variables = environment(services(released)[name])
            end = f"@{POSTGRES}:{PORTS[POSTGRES]}/{{app}}?ssl=verify-full"
            assert variables["TODO_DATABASE_URL"].endswith(end)
            assert variables["PGSSLROOTCERT"] == "/etc/postgres-ca/ca.crt"

    def test_migrates_and_backs_up_the_managed_postgresql(self, released: list[Object]) -> None:
        [migration] = [each for each in pods(released) if each.name == "Job task-migration"]
        assert f"@{POSTGRES}:{PORTS[POSTGRES]}/" in environment(migration)["TODO_DATABASE_URL"]
        [backup] = [each for each in pods(released) if each.name == "CronJob backup-task"]
        variables = environment(backup)
        assert (variables["PGHOST"], variables["PGPORT"]) == (POSTGRES, str(PORTS[POSTGRES]))
        assert (variables["PGSSLMODE"], variables["BACKUP_STORE_BUCKET"]) == ("verify-full", BUCKET)
        assert variables["BACKUP_STORE_ENDPOINT"] == "https://ams3.example.net"

    def test_connects_to_the_managed_valkey_over_tls(self, released: list[Object]) -> None:
        variables = services(released)[App.CHAT].annotations["dapr.io/env"].split(",")
        assert {f"REDIS_HOST={VALKEY}:{PORTS[VALKEY]}", "REDIS_ENABLE_TLS=true"} <= set(variables)

    def test_may_reach_both(self, released: list[Object]) -> None:
        """Each at its own port, which the control plane's wider rule doesn't open."""
        egress = of_kind(released, "NetworkPolicy")[App.CHAT]["spec"]["egress"]
        opened = {
            entry["port"]: [peer["ipBlock"]["cidr"] for peer in rule["to"] if "ipBlock" in peer]
            for rule in egress
            for entry in rule["ports"]
        }
        assert {port: opened[port] for port in PORTS.values()} == {port: [RANGE] for port in PORTS.values()}

    def test_answers_to_its_host_and_pulls_from_its_registry(self, released: list[Object]) -> None:
        assert of_kind(released, "HTTPRoute")["frontend"]["spec"]["hostnames"] == [HOST]
        assert environment(services(released)[App.FRONTEND])["TODO_ALLOWED_HOSTS"] == HOST
        images = {each["image"] for pod in pods(released) for each in pod.spec["containers"]}
        assert all(image.startswith("registry.digitalocean.com/ours/") for image in images)

    def test_lets_who_deploys_read_the_values_and_not_change_them(self, released: list[Object]) -> None:
        rules = of_kind(released, "Role")["deployer"]["rules"]
        [rule] = [each for each in rules if "configmaps" in each["resources"]]
        assert (rule["resourceNames"], rule["verbs"]) == ([CONFIG_MAP], ["get"])

    def test_without_the_values_is_refused(self) -> None:
        access = RenderingAccess("production")
        with pytest.raises(CommandError, match="make deploy ENV=production STEPS=values"):
            releases.upgrade_release(access, Release(load_environment("production"), {}, tag="a" * 40))
        assert access.rendered == []

    def test_of_the_files_of_values_alone_would_reach_nothing(self) -> None:
        """So CI released before it read the ConfigMap: to a PostgreSQL that charts/data doesn't make."""
        own = str(CHARTS / "todo" / "values-production.yaml")
        build_dependencies()
        template = ["template", "todo", str(CHARTS / "todo"), "--values", own]
        found = parse(helm(*template, "--set-string", "global.image.tag=1.2.3"))
        variables = environment(services(found)[App.TASK])
        assert "@postgres-rw:5432/" in variables["TODO_DATABASE_URL"]
        without = ("--set", "postgres.enabled=false")
        data = parse(helm("template", "data", CHARTS / "data", *without))
        assert "Cluster" not in {each["kind"] for each in data}
