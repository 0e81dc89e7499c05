"""Secrets that pods need, and who provides each."""

import re
from collections.abc import Iterator
from typing import Any

from devstack.helmfile import MONITORING_HELMFILE, read_releases
from devstack.paths import ROOT
from tests.charts.rendering import helm, manifests, of_kind, parse
from tests.terraform.configuration import outputs
from tools.install_monitoring import REQUIRED
from tools.make_secrets import build_monitoring_secrets, build_secrets

NAMED = {"secretKeyRef", "secretRef", "passwordSecret"}
"""Keys whose value names a Secret by `name`."""
PLAIN = {"secretName", "existingSecret", "configSecret", "caSecret"}
"""Keys whose value is the name of a Secret."""
BY_OPERATORS = {
    "todo-cluster-ca-cert": "Strimzi, for the Kafka `todo`",
    "postgres-ca": "CloudNativePG, for the Cluster `postgres`",
    "todo-tls": "cert-manager, for the Gateway or Ingress",
}


def find_references(content: Any) -> Iterator[str]:
    """The name of each Secret that an object or a release's values refer to."""
    match content:
        case dict():
            for key, value in content.items():
                if key in NAMED and isinstance(value, dict):
                    yield value["name"]
                elif key in PLAIN and isinstance(value, str) and value:
                    yield value
                elif key == "secrets" and isinstance(value, list):
                    yield from (each for each in value if isinstance(each, str))
                elif key == "certificateRefs":
                    yield from (each["name"] for each in value)
                elif key == "secret" and isinstance(value, dict) and "name" in value:
                    yield value["name"]
                yield from find_references(value)
        case list():
            for each in content:
                yield from find_references(each)


def list_needed(environment: str) -> set[str]:
    """Of all charts and releases, in one environment."""
    rendered = [*parse(manifests("data", environment)), *parse(manifests("todo", environment))]
    values = [release.values for release in read_releases(MONITORING_HELMFILE, environment)]
    return {
        name for each in [rendered, _observability(environment), values] for name in find_references(each)
    }


def list_provided(environment: str) -> set[str]:
    """Made by our tools, by Terraform, by a chart or an operator, or asked for by documents."""
    made = {*build_secrets(ephemeral=False), *build_monitoring_secrets()}
    data = parse(manifests("data", environment))
    [kafka] = of_kind(data, "Kafka").values()
    prefix = kafka["spec"]["entityOperator"]["userOperator"]["secretPrefix"]
    users = {prefix + name for name in of_kind(data, "KafkaUser")}
    return (
        made
        | _of_terraform()
        | users
        | {*BY_OPERATORS}
        | {*REQUIRED}
        | list_asked_for()
        | _of_charts(environment)
    )


def list_asked_for() -> set[str]:
    """Those some document has the command for."""
    texts = [path.read_text() for path in (ROOT / "docs").glob("*.md")]
    return {name for text in texts for name in re.findall(r"create secret generic ([\w-]+)", text)}


def _of_terraform() -> set[str]:
    return set(re.findall(r'([\w-]+) = [{"]', str(outputs()["secrets"]["value"])))


def _of_charts(environment: str) -> set[str]:
    return {*of_kind(_observability(environment), "Secret")}


def _observability(environment: str) -> list[dict[str, Any]]:
    values = ROOT / "monitoring" / "environments" / environment / "observability.yaml"
    return parse(helm("template", "x", ROOT / "charts" / "observability", "--values", values))
