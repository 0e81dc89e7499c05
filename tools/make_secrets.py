"""Makes the Secrets of the platform that are missing in a namespace; those there stay as they are.

Values are random and exist nowhere else. Uses the cluster of the current kubeconfig.
"""

import argparse
import json
import secrets
import subprocess
from typing import Any

from contracts.names import App
from devstack.credentials import generate_secrets
from devstack.toolbox.tool import require_command

Secrets = dict[str, dict[str, str]]


def build_secrets(*, ephemeral: bool) -> Secrets:
    """Every Secret by name. ephemeral: also those Strimzi would make."""
    found = generate_secrets() | {"kafka-ui-login": _login("admin")}
    found |= {f"postgres-{app}": _login(app) for app in App if app is not App.FRONTEND}
    if ephemeral:
        found |= {f"kafka-{app}": {"password": secrets.token_urlsafe(24)} for app in App}
    return found


def _login(name: str) -> dict[str, str]:
    return {"username": name, "password": secrets.token_urlsafe(24)}


def build_manifest(name: str, content: dict[str, str]) -> dict[str, Any]:
    """The Secret as Kubernetes takes it; CloudNativePG asks for the type of a login."""
    kind = "kubernetes.io/basic-auth" if {"username", "password"} == set(content) else "Opaque"
    labels = {"app.kubernetes.io/part-of": "todo", "cnpg.io/reload": "true"}
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "stringData": content}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--namespace", default="todo")
    parser.add_argument("--ephemeral", action="store_true", help="for charts/data with ephemeral: true")
    arguments = parser.parse_args()
    kubectl = [require_command("kubectl", "Install kubectl."), "--namespace", arguments.namespace]
    known = subprocess.run(
        [*kubectl, "get", "secrets", "-o", "name"], capture_output=True, text=True, check=True
    )
    there = {line.partition("/")[2] for line in known.stdout.splitlines()}
    missing = [
        build_manifest(name, content)
        for name, content in build_secrets(ephemeral=arguments.ephemeral).items()
        if name not in there
    ]
    if not missing:
        print("Every Secret is there.")
        return
    items = json.dumps({"apiVersion": "v1", "kind": "List", "items": missing})
    subprocess.run([*kubectl, "create", "--filename", "-"], input=items, text=True, check=True)


if __name__ == "__main__":
    main()
