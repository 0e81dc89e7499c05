"""Installs what the platform stands on, as charts/platform/helmfile.yaml.gotmpl lists it; can be repeated.

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
from devstack.helmfile import DEFAULT, PLATFORM, Release, list_manifests, read_releases
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
            for parent in solver["http01"].get("gatewayHTTPRoute", {}).get("parentRefs", []):
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


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--namespace", default="todo", help="where the services will live")
    parser.add_argument("--environment", default=DEFAULT, help="whose values to use, e.g. staging")
    parser.add_argument("--acme-server", help="directory URL of the ACME server, instead of Let's Encrypt's")
    parser.add_argument(
        "--acme-authority", type=Path, help="CA certificate of the ACME server, if it is not publicly trusted"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    options = build_parser().parse_args(arguments)
    authority = options.acme_authority.read_bytes() if options.acme_authority else b""
    namespace = options.namespace
    ensure_tools([HELM])
    try:
        apply_manifest("-", foundations(namespace))
        for release in read_releases(environment=options.environment):
            install_release(release)
        for path in list_manifests(environment=options.environment):
            placed = in_namespace(path.read_text(), namespace)
            manifest = (
                with_acme_server(placed, options.acme_server, authority) if options.acme_server else placed
            )
            apply_manifest("-", manifest)
    except CommandError as error:
        sys.exit(f"\n{error}")


def install_release(release: Release) -> None:
    """Its CRDs, then the release itself. Raises `CommandError` with what Helm or kubectl says."""
    print(f"{release.name} {release.version}", flush=True)
    for address in release.crds:
        apply_manifest(address)
    if crds := _helm(["show", "crds", *release.source]).strip():
        apply_manifest("-", crds)
    _helm(release.install, yaml.safe_dump(release.values))


def apply_manifest(file: str, content: str = "") -> None:
    """Server-side: CRDs are too large for the annotation a client-side apply keeps."""
    run_kubectl(["apply", "--server-side", "--force-conflicts", "--filename", file], content)


def run_kubectl(arguments: list[str], content: str = "") -> str:
    """What kubectl prints. Raises `CommandError` with its complaint."""
    return _run([require_command("kubectl", "Install kubectl."), *arguments], content)


def _helm(arguments: list[str], content: str = "") -> str:
    return _run([str(find_tool(HELM)), *arguments], content)


def _run(command: list[str], content: str) -> str:
    done = subprocess.run(command, input=content, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"`{' '.join(command)}` failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
