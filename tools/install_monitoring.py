"""Installs what watches an environment, as monitoring/helmfile.yaml.gotmpl lists it; can be repeated.

Uses the cluster of the current kubeconfig. Secrets only a person or Terraform can provide are asked for
before anything is installed.
"""

import argparse
import json
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from devstack.errors import CommandError
from devstack.helmfile import MONITORING_HELMFILE, read_releases
from devstack.toolbox.ensure import ensure_tools
from devstack.toolbox.helm import HELM
from tools.install_platform import apply_manifest, install_release, run_kubectl
from tools.make_secrets import Secrets, build_monitoring_secrets, create_missing_secrets

NAMESPACE = "monitoring"
CREATE = f"kubectl --namespace {NAMESPACE} create secret generic"

UNREACHABLE = "http://nowhere.invalid"


@dataclass(frozen=True, slots=True)
class RequiredSecret:
    """A Secret that releases of the monitoring mount.

    keys: what it must hold. purpose: what it is for. command: how to provide it; `ENV=ENV` stands for the
    environment.
    """

    keys: frozenset[str]
    purpose: str
    command: str


REQUIRED = {
    "alertmanager-slack": RequiredSecret(
        frozenset({"url"}),
        "address of Slack's incoming webhook",
        f"{CREATE} alertmanager-slack --from-literal=url=https://hooks.slack.com/services/…",
    ),
    "dead-mans-switch": RequiredSecret(
        frozenset({"token"}),
        "bearer token of the dead-man's switch",
        f"{CREATE} dead-mans-switch --from-literal=token=…",
    ),
    "loki-s3": RequiredSecret(
        frozenset({"S3_KEY", "S3_SECRET"}),
        "key of the bucket for logs, which Terraform knows",
        "make deploy ENV=ENV STEPS=secrets",
    ),
}


def invent_secrets() -> Secrets:
    """Values that lead nowhere for what is required: for a cluster that notifies nobody."""
    return {
        name: {key: UNREACHABLE if key == "url" else secrets.token_urlsafe(24) for key in required.keys}
        for name, required in REQUIRED.items()
    }


def list_missing(found: Mapping[str, set[str]], environment: str) -> Iterator[str]:
    """What to say of each required Secret that isn't there, or lacks a key. found: keys by name."""
    for name, required in REQUIRED.items():
        if missing := required.keys - found.get(name, set()):
            keys = ", ".join(sorted(missing))
            command = required.command.replace("ENV=ENV", f"ENV={environment}")
            yield f"{name} ({required.purpose}) lacks {keys}:\n    {command}"


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment", help="which values to use, e.g. production")
    invent = "make up what only a person could provide, for a cluster that notifies nobody"
    parser.add_argument("--invent-secrets", action="store_true", help=invent)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    options = build_parser().parse_args(arguments)
    environment = options.environment
    try:
        releases = read_releases(MONITORING_HELMFILE, environment)
        ensure_tools([HELM])
        apply_manifest("-", json.dumps(build_namespace()))
        if options.invent_secrets:
            create_missing_secrets(NAMESPACE, invent_secrets())
        if missing := list(list_missing(_read_keys(), environment)):
            raise CommandError("\n".join([f"Missing in the namespace {NAMESPACE}:", *missing]))
        create_missing_secrets(NAMESPACE, build_monitoring_secrets())
        for release in releases:
            install_release(release)
    except CommandError as error:
        sys.exit(f"\n{error}")


def build_namespace() -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def _read_keys() -> dict[str, set[str]]:
    secrets = json.loads(run_kubectl(["--namespace", NAMESPACE, "get", "secrets", "--output=json"]))["items"]
    return {each["metadata"]["name"]: set(each.get("data", {})) for each in secrets}


if __name__ == "__main__":
    main()
