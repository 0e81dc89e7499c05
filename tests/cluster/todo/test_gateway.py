"""NGINX Gateway Fabric before the platform, where a cluster has it: asked for the name of the host."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from email.message import Message

import pytest
import yaml

from tests.cluster.given import KIND
from tests.cluster.reaching import forward_port
from tests.cluster.todo.system import System

pytestmark = pytest.mark.timeout(900)

SERVICE = "service/todo-nginx"
"""What NGINX Gateway Fabric makes for the Gateway `todo` of the class `nginx`."""
SECONDS = 180


@pytest.fixture(scope="module")
def host(system: System) -> str:
    """Name people reach it by, once it has its certificate and runs."""
    if system.values != KIND:
        pytest.skip("NGINX Gateway Fabric is on the cluster of nightly.yml only; see decision 10")
    for what in ("certificate/todo-tls", "gateway/todo"):
        condition = "Ready" if what.startswith("certificate") else "Accepted"
        system.kubectl("wait", what, f"--for=condition={condition}", f"--timeout={SECONDS}s")
    system.cluster.wait_for_rollout(system.namespace, "deployment/todo-nginx", seconds=SECONDS)
    values = yaml.safe_load(system.values_of("todo").read_text())
    return str(values["host"])


@pytest.fixture
def plain(system: System, host: str) -> Iterator[http.client.HTTPConnection]:
    where, port = forward_port(system.cluster, system.namespace, SERVICE, 80)
    connection = http.client.HTTPConnection(where, port, timeout=20)
    yield connection
    connection.close()


@pytest.fixture
def secured(system: System, host: str) -> Iterator[http.client.HTTPConnection]:
    """Trusts the certificate that cert-manager signed for the host, and no other."""
    trusted = ssl.create_default_context(cadata=system.secret("todo-tls")["tls.crt"])
    trusted.verify_flags &= ~ssl.VERIFY_X509_STRICT  # which one that signed itself doesn't meet
    address = forward_port(system.cluster, system.namespace, SERVICE, 443)
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.sock = trusted.wrap_socket(socket.create_connection(address, 20), server_hostname=host)
    yield connection
    connection.close()


class TestGateway:
    def test_leads_everybody_to_https(self, plain: http.client.HTTPConnection, host: str) -> None:
        plain.request("GET", "/projects?view=board", headers={"Host": host})
        response = plain.getresponse()
        assert response.status == 301
        assert response.headers["location"] == f"https://{host}/projects?view=board"

    def test_shows_a_page_under_its_certificate(self, secured: http.client.HTTPConnection, host: str) -> None:
        assert _get(secured, "/sign-in", host)[0] == 200

    @pytest.mark.parametrize("path", ["/metrics", "/healthz", "/dapr/subscribe"])
    def test_keeps_what_is_for_the_cluster(
        self, secured: http.client.HTTPConnection, host: str, path: str
    ) -> None:
        status, headers = _get(secured, path, host)
        assert (status, headers["location"]) == (302, f"https://{host}/")


def _get(connection: http.client.HTTPConnection, path: str, host: str) -> tuple[int, Message]:
    connection.request("GET", path, headers={"Host": host})
    response = connection.getresponse()
    response.read()
    return response.status, response.headers
