"""Installs what the platform stands on, or what watches it, as a helmfile lists it; can be repeated.

Helm never upgrades CRDs, so they are applied first, each release's own; then the release, and Helm
waits for it. Uses the cluster of the current kubeconfig.
"""

import argparse
import base64
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from devstack.errors import CommandError
from devstack.helmfile import HELMFILE, PLATFORM, Release, list_manifests, read_releases
from devstack.toolbox.ensure import ensure_tools, find_tool
from devstack.toolbox.helm import HELM
from devstack.toolbox.tool import require_command

NAMESPACE = PLATFORM / "manifests" / "namespace.yaml"
PRIORITY = PLATFORM / "manifests" / "priority.yaml"


def in_namespace(manifests: str, namespace: str) -> str:
    """The manifests for services that live in this namespace: itself, and where issuers find the gateway."""
    documents = list(yaml.safe_load_all(manifests))
    for document in documents:
        if document["kind"] == "Namespace":
            document["metadata"]["name"] = namespace
        for solver in document.get("spec", {}).get("acme", {}).get("solvers", []):
            for parent in solver["http01"]["gatewayHTTPRoute"]["parentRefs"]:
                parent["namespace"] = namespace
    return yaml.safe_dump_all(documents)


def with_acme_server(manifests: str, url: str, authority: bytes = b"") -> str:
    """The same, with issuers that ask another ACME server than Let's Encrypt.

    authority: PEM of the certificate that vouches for the server itself; none if everybody trusts it.
    """
    documents = list(yaml.safe_load_all(manifests))
    for document in documents:
        if acme := document.get("spec", {}).get("acme"):
            acme["server"] = url
            if authority:
                acme["caBundle"] = base64.b64encode(authority).decode()
    return yaml.safe_dump_all(documents)


def foundations(namespace: str) -> str:
    """What has to be there before any chart: the namespace, and the priority of its data."""
    return f"{in_namespace(NAMESPACE.read_text(), namespace)}---\n{PRIORITY.read_text()}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--namespace", default="todo", help="where the services will live")
    parser.add_argument("--helmfile", type=Path, default=HELMFILE, help="what to install")
    parser.add_argument("--acme-server", help="directory URL of the ACME server, instead of Let's Encrypt's")
    parser.add_argument("--acme-authority", type=Path, help="certificate of who vouches for it, if few do")
    told = parser.parse_args(arguments)
    authority = told.acme_authority.read_bytes() if told.acme_authority else b""
    namespace = told.namespace
    ensure_tools([HELM])
    try:
        _apply("-", foundations(namespace))
        for release in read_releases(told.helmfile):
            _install(release)
        for path in list_manifests(told.helmfile):
            placed = in_namespace(path.read_text(), namespace)
            wanted = with_acme_server(placed, told.acme_server, authority) if told.acme_server else placed
            _apply("-", wanted)
    except CommandError as error:
        sys.exit(f"\n{error}")


def _install(release: Release) -> None:
    print(f"{release.name} {release.version}", flush=True)
    for address in release.crds:
        _apply(address)
    if crds := _helm(["show", "crds", *release.source]).strip():
        _apply("-", crds)
    _helm(release.install, yaml.safe_dump(release.values))


def _apply(file: str, content: str = "") -> None:
    """Server-side: CRDs are too large for the annotation a client-side apply keeps."""
    kubectl = require_command("kubectl", "Install kubectl.")
    _run([kubectl, "apply", "--server-side", "--force-conflicts", "--filename", file], content)


def _helm(arguments: list[str], content: str = "") -> str:
    return _run([str(find_tool(HELM)), *arguments], content)


def _run(command: list[str], content: str) -> str:
    done = subprocess.run(command, input=content, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"`{' '.join(command)}` failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
