"""The smoke test: what it sees at an endpoint with and without faults; tests/system asks the whole system."""

import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from delivery import smoke
from delivery.certificate import create_ssl_context
from delivery.smoke import CheckFailedError, SmokeClient

HOST = "localhost"
YEAR = "max-age=31536000; includeSubDomains"


class PlainHandler(BaseHTTPRequestHandler):
    """Port 80 of a host with HTTPS: says where to go."""

    target = f"https://{HOST}/"
    status = 301
    policies: Sequence[str] = ()

    def do_GET(self) -> None:
        self.send_response(self.status)
        for policy in self.policies:
            self.send_header("strict-transport-security", policy)
        self.send_header("location", self.target)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


class OpenHandler(PlainHandler):
    """One that answers without TLS."""

    status = 200


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(folder: Path, host: str, days: float) -> ssl.SSLContext:
    """A server's settings; `folder/ca.pem` is what its certificate is to be trusted by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(kept)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


@contextmanager
def client_of(folder: Path, *, host: str = HOST, days: float = 60) -> Iterator[SmokeClient]:
    """A client of a host with such a certificate, who trusts it."""
    with serving(PlainHandler, certificate(folder, host, days)) as port:
        yield SmokeClient(f"https://{HOST}:{port}", create_ssl_context(str(folder / "ca.pem")))


class TestCertificate:
    def test_that_is_valid_passes(self, tmp_path: Path) -> None:
        with client_of(tmp_path) as client:
            assert smoke.check_certificate(client) in ("59 days left", "60 days left")

    def test_that_ends_soon_does_not(self, tmp_path: Path) -> None:
        with client_of(tmp_path, days=3) as client, pytest.raises(CheckFailedError, match="3 days left"):
            smoke.check_certificate(client)

    def test_of_another_host_does_not(self, tmp_path: Path) -> None:
        with (
            client_of(tmp_path, host="other.example.com") as client,
            pytest.raises(CheckFailedError, match="mismatch"),
        ):
            smoke.check_certificate(client)

    def test_of_an_unknown_authority_does_not(self, tmp_path: Path) -> None:
        with client_of(tmp_path) as client:
            client.context = create_ssl_context("")
            with pytest.raises(CheckFailedError, match="self-signed"):
                smoke.check_certificate(client)


class TestRedirect:
    def test_to_https_passes(self) -> None:
        with serving(PlainHandler) as port:
            assert (
                smoke.check_redirect(SmokeClient(f"https://{HOST}:{port + 1}")) == f"301 to https://{HOST}/"
            )

    def test_that_is_missing_does_not(self) -> None:
        with serving(OpenHandler) as port, pytest.raises(CheckFailedError, match="200"):
            smoke.check_redirect(SmokeClient(f"https://{HOST}:{port + 1}"))


class TestHsts:
    def check(self, folder: Path, *policies: str) -> str:
        handler = type("Handler", (PlainHandler,), {"policies": policies})
        with serving(handler, certificate(folder, HOST, 60)) as port:
            client = SmokeClient(f"https://{HOST}:{port}", create_ssl_context(str(folder / "ca.pem")))
            return smoke.check_hsts(client)

    def test_of_a_year_passes(self, tmp_path: Path) -> None:
        assert self.check(tmp_path, YEAR) == YEAR

    @pytest.mark.parametrize("policies", [(), ("max-age=300",), (YEAR, "max-age=0")])
    def test_that_is_missing_short_or_contradicted_does_not(
        self, tmp_path: Path, policies: tuple[str, ...]
    ) -> None:
        with pytest.raises(CheckFailedError, match=r"no policy|max-age"):
            self.check(tmp_path, *policies)


class TestRun:
    def test_says_what_nobody_answers(self, tmp_path: Path) -> None:
        with serving(PlainHandler) as port:
            free = f"http://{HOST}:{port}"
        results = {name: passed for name, passed, _ in smoke.run_checks(SmokeClient(free))}
        assert results == {"page": False, "anonymous": False, "user journey": False}

    def test_looks_at_the_door_only_where_there_is_tls(self) -> None:
        assert list(smoke.list_checks("https://x")) == [
            "redirect to HTTPS",
            "certificate",
            "HSTS",
            "page",
            "anonymous",
            "user journey",
        ]
        assert list(smoke.list_checks("http://x")) == ["page", "anonymous", "user journey"]
