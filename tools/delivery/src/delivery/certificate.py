"""How long a server's certificate is good for, and whom to trust."""

import socket
import ssl
import time
import urllib.request

TIMEOUT_SECONDS = 20
DAY_SECONDS = 86400


def count_days_left(host: str, port: int, context: ssl.SSLContext) -> float:
    """Raises `ssl.SSLError` if the certificate isn't for this host or isn't trusted."""
    with (
        socket.create_connection((host, port), TIMEOUT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        certificate = connection.getpeercert() or {}
    return (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / DAY_SECONDS


def create_ssl_context(authority: str) -> ssl.SSLContext:
    """What everybody trusts, and `authority`: the URL or path of a certificate, empty for none."""
    context = ssl.create_default_context()
    if authority.startswith("https://"):
        with urllib.request.urlopen(authority, timeout=TIMEOUT_SECONDS) as response:
            context.load_verify_locations(cadata=response.read().decode())
    elif authority:
        context.load_verify_locations(authority)
    return context
