"""Makes the Secrets of the platform that are missing in a namespace; those there stay as they are.

Values are random and exist nowhere else. Those in `secrets/<namespace>/` were given to us: SOPS decrypts
them (docs/decisions/0047-encrypt-committed-secrets-with-sops.md). Uses the cluster of the current kubeconfig.
"""

import argparse
import json
import secrets
import subprocess
from pathlib import Path
from typing import Any

from contracts.names import App
from devstack.credentials import generate_secrets
from devstack.paths import ROOT
from devstack.toolbox.tool import require_command

COMMITTED = ROOT / "secrets"
Secrets = dict[str, dict[str, str]]


def build_secrets(*, ephemeral: bool) -> Secrets:
    """Every Secret by name. ephemeral: also those Strimzi would make."""
    found = generate_secrets() | {"kafka-ui-login": _login("admin")}
    found |= {f"postgres-{app}": _login(app) for app in App if app is not App.FRONTEND}
    if ephemeral:
        found |= {f"kafka-{app}": {"password": secrets.token_urlsafe(24)} for app in App}
    return found


def build_monitoring_secrets() -> Secrets:
    """Those of the namespace `monitoring` that nobody has to be asked for."""
    return {"grafana-admin": {"user": "admin", "password": secrets.token_urlsafe(24)}}


def _login(name: str) -> dict[str, str]:
    return {"username": name, "password": secrets.token_urlsafe(24)}


def build_manifest(name: str, content: dict[str, str]) -> dict[str, Any]:
    """The Secret as Kubernetes takes it; CloudNativePG asks for the type of a login."""
    kind = "kubernetes.io/basic-auth" if {"username", "password"} == set(content) else "Opaque"
    labels = {"app.kubernetes.io/part-of": "todo", "cnpg.io/reload": "true"}
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "stringData": content}


def create_missing_secrets(namespace: str, secrets_by_name: Secrets) -> list[str]:
    """Create those that aren't there, leave the others alone; names of those created."""
    kubectl = [require_command("kubectl", "Install kubectl."), "--namespace", namespace]
    known = subprocess.run(
        [*kubectl, "get", "secrets", "-o", "name"], capture_output=True, text=True, check=True
    )
    there = {line.partition("/")[2] for line in known.stdout.splitlines()}
    missing = [
        build_manifest(name, content) for name, content in secrets_by_name.items() if name not in there
    ]
    if missing:
        items = json.dumps({"apiVersion": "v1", "kind": "List", "items": missing})
        subprocess.run([*kubectl, "create", "--filename", "-"], input=items, text=True, check=True)
    return [secret["metadata"]["name"] for secret in missing]


def apply_committed_secrets(namespace: str, folder: Path = COMMITTED) -> list[str]:
    """Decrypt and apply the Secrets of `folder` for this namespace; names of their files."""
    files = sorted((folder / namespace).glob("*.yaml"))
    for file in files:
        sops = require_command("sops", "Install SOPS 3.")
        plain = subprocess.run(
            [sops, "decrypt", str(file)], capture_output=True, text=True, check=True
        ).stdout
        kubectl = require_command("kubectl", "Install kubectl.")
        command = [kubectl, "--namespace", namespace, "apply", "--server-side", "--filename", "-"]
        subprocess.run(command, input=plain, text=True, check=True)
    return [file.name for file in files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--namespace", default="todo")
    parser.add_argument("--ephemeral", action="store_true", help="for charts/data with ephemeral: true")
    arguments = parser.parse_args()
    apply_committed_secrets(arguments.namespace)
    if not create_missing_secrets(arguments.namespace, build_secrets(ephemeral=arguments.ephemeral)):
        print("Every Secret is there.")


if __name__ == "__main__":
    main()
