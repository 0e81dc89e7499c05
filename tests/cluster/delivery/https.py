"""What gives an environment on the cluster of the tests HTTPS: a gateway, cert-manager, an ACME server.

Traefik stands in for NGINX Gateway Fabric, and Pebble for Let's Encrypt; cert-manager is itself, from its own
chart with the values of charts/platform. All are built here, and all are gone afterwards.
"""

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import yaml
from cryptography import x509

from cluster.certificates import SERVER, Pair, create_authority, issue_certificate
from cluster.images.platform import ensure_archive, format_image_name, list_https_images
from cluster.paths import API_PORT
from cluster.toolbox import CERT_MANAGER, HTTPS, PEBBLE, TRAEFIK
from cluster.waiting import wait_for
from devstack.errors import CommandError
from devstack.helmfile import PLATFORM, read_releases
from devstack.toolbox.ensure import ensure_tools
from tests.charts.modules import module_folders
from tests.charts.schemas import PINS
from tests.cluster.delivery.environment import Deployed
from tools import install_platform

MANIFESTS = Path(__file__).with_name("manifests")
ISSUERS = PLATFORM / "manifests" / "issuers.yaml"
GATEWAY_API = "sigs.k8s.io/gateway-api"
ADDRESS = "10.96.0.80"
"""Of the gateway, from those that Kubernetes gives to nobody by itself."""
ACME = "pebble.pebble.svc"
ACME_URL = f"https://{ACME}:14000/dir"
ROOT_CERTIFICATE = "/api/v1/namespaces/pebble/services/https:pebble:management/proxy/roots/0"
VALUES = {
    "gateway": {"enabled": True, "className": "traefik"},
    "global": {
        "network": {
            "gateway": {
                "peers": [
                    {"podSelector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "todo"}}}
                ]
            }
        }
    },
}
"""What the values for the cluster of the tests have turned off, as charts/todo has it, but for the class."""
SECONDS = 120
PARTS = {"traefik": "", "pebble": "pebble", "cert-manager": "cert-manager"}
"""Deployments, each with its namespace; that of the environment has no name here."""


@dataclass(frozen=True, slots=True)
class Secured:
    """An environment that people reach by its name; `root` is the certificate they have to trust."""

    environment: Deployed
    root: Path

    @property
    def host(self) -> str:
        return self.environment.host

    def smoke(self) -> str:
        """What the smoke test says, at the address of the environment."""
        names = {self.host: ADDRESS}
        return self.environment.delivery("smoke", f"--authority={self.root}", names=names)

    def certificate(self) -> x509.Certificate:
        """What the gateway shows to whoever asks for the host."""
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection((ADDRESS, 443), timeout=10) as plain,
            anybody.wrap_socket(plain, server_hostname=self.host) as connection,
        ):
            return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")

    def is_shown(self) -> bool:
        """Whether the gateway has taken over the certificate; until then it has one of its own making."""
        names = self.certificate().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return self.host in names.get_values_for_type(x509.DNSName)


@contextmanager
def secured(where: Deployed) -> Iterator[Secured]:
    """Installs it all and waits for the certificate."""
    ensure_tools(HTTPS)
    where.cluster.load_image(*(ensure_archive(image) for image in list_https_images()))
    signer = create_authority("acme-server-ca")
    try:
        install_gateway(where)
        _install_acme_server(where, signer)
        _install_cert_manager(where)
        yield _with_certificate(where, signer)
    finally:
        _remove(where)


def install_gateway(where: Deployed) -> None:
    """Traefik, once its image is loaded, and the CRDs of the Gateway API."""
    definitions = module_folders(PINS)[GATEWAY_API] / "config" / "crd" / "standard"
    where.cluster.kubectl("apply", "--server-side", "--filename", str(definitions))
    values = {
        "namespace": where.name,
        "address": ADDRESS,
        "api": str(API_PORT),
        "image": format_image_name(TRAEFIK),
    }
    where.cluster.apply(_manifest("gateway.yaml", **values))


def _install_acme_server(where: Deployed, signer: Pair) -> None:
    server = issue_certificate(signer, ACME, [SERVER], hosts=[ACME])
    values = {"gateway": ADDRESS, "host": where.host, "image": format_image_name(PEBBLE)}
    certificate, key = _encoded(server.certificate_pem), _encoded(server.key_pem)
    where.cluster.apply(_manifest("pebble.yaml", certificate=certificate, key=key, **values))


def _install_cert_manager(where: Deployed) -> None:
    """The release of `make platform`, its chart from the Go module, its images from here."""
    release = next(each for each in read_releases() if each.name == "cert-manager")
    source = module_folders(PINS)[CERT_MANAGER.dependency] / "deploy" / "charts" / "cert-manager"
    versions = ["--version", release.version, "--app-version", release.version]
    where.cluster.helm("package", str(source), *versions, "--destination", str(where.folder))
    chart = where.folder / f"cert-manager-{release.version}.tgz"
    here = {
        "imageRegistry": "",
        "imageNamespace": "local",
        "startupapicheck": {"enabled": False},
        "hostAliases": [{"ip": ADDRESS, "hostnames": [where.host]}],
    }
    values = yaml.safe_dump({**release.values, **here})
    install = ["upgrade", "--install", release.name, str(chart), "--namespace", release.namespace]
    how = ["--create-namespace", "--wait", f"--timeout={SECONDS}s", "--values", "-"]
    where.cluster.helm(*install, *how, stdin=values)
    what = "cert-manager's webhook"
    wait_for(what, lambda: _is_trusted(where), SECONDS, lambda: _logs(where, "cert-manager"))


def _is_trusted(where: Deployed) -> bool:
    """Whether the API server can ask the webhook: what the chart's own check (an image) waits for."""
    tried = ["apply", "--dry-run=server", "--filename", str(ISSUERS)]
    return bool(where.cluster.kubectl(*tried, check=False))


def _with_certificate(where: Deployed, signer: Pair) -> Secured:
    """Asks for it as production does: by the annotation of the Gateway that charts/todo renders."""
    where.cluster.wait_for_rollout("pebble", "deployment/pebble")
    where.cluster.wait_for_rollout(where.name, "deployment/traefik")
    placed = install_platform.in_namespace(ISSUERS.read_text(), where.name)
    where.cluster.apply(install_platform.with_acme_server(placed, ACME_URL, signer.certificate_pem))
    values = where.folder / "https.yaml"
    values.write_text(yaml.safe_dump(VALUES))
    where.delivery("release", "--tag=dev", f"--values=todo={values}")
    _wait(where, "certificate/todo-tls", "Ready")
    _wait(where, "gateway/todo", "Programmed")
    root = where.folder / "root.pem"
    root.write_text(where.cluster.kubectl("get", "--raw", ROOT_CERTIFICATE))
    found = Secured(where, root)
    wait_for("the gateway", found.is_shown, SECONDS, lambda: _logs(where, "traefik"))
    return found


def _wait(where: Deployed, what: str, condition: str) -> None:
    """Raises `CommandError` with what there is on the way to a certificate, and what the parts said last."""
    own = ["--namespace", where.name]
    try:
        until = ["--for=create", f"--for=condition={condition}", f"--timeout={SECONDS}s"]
        where.cluster.kubectl(*own, "wait", what, *until)
    except CommandError as error:
        kinds = "gateways,httproutes,certificates,orders,challenges"
        state = where.cluster.kubectl(*own, "get", kinds, "--output=yaml", check=False)
        raise CommandError("\n".join([str(error), state, *(_logs(where, name) for name in PARTS)])) from error


def _logs(where: Deployed, name: str) -> str:
    own = ["--namespace", PARTS[name] or where.name]
    return where.cluster.kubectl(*own, "logs", f"deployment/{name}", "--tail=30", check=False)


def _remove(where: Deployed) -> None:
    """While cert-manager still runs: it alone lets go of a challenge."""
    own = ["--namespace", where.name, "delete", "--ignore-not-found", f"--timeout={SECONDS}s"]
    for kind in ("gateways", "certificates", "challenges"):
        where.cluster.kubectl(*own, kind, "--all", check=False)
    where.cluster.kubectl(*own, "secret", "todo-tls", check=False)
    where.cluster.helm("uninstall", "cert-manager", "--namespace", "cert-manager", check=False)
    for name in ("cert-manager", "pebble"):
        where.cluster.kubectl("delete", "namespace", name, "--ignore-not-found")
    remove_gateway(where)


def remove_gateway(where: Deployed) -> None:
    """What is outside the namespace of the environment, but for the CRDs."""
    for what in ("clusterrole", "clusterrolebinding"):
        where.cluster.kubectl("delete", what, "test-traefik", "--ignore-not-found")


def _manifest(name: str, **values: str) -> str:
    return Template((MANIFESTS / name).read_text()).substitute(values)


def _encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
