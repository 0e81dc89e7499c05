"""HTTPS in front of an environment, where no gateway can be installed: NGINX of Debian on this machine.

Its certificate is signed by an authority made for the occasion. NGINX Gateway Fabric comes as images only.
"""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster.certificates import SERVER, authority, leaf
from devstack.toolbox.debian import DebianPrograms
from devstack.toolbox.ensure import ensure, path_of

NGINX = DebianPrograms("nginx", packages=("nginx-light",), programs=(("nginx", "sbin/nginx"),))
HOST = "localhost"
SETTINGS = """
daemon off; pid {folder}/pid; error_log stderr; user root; worker_processes 1;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{plain}; return 301 https://{host}:{port}$request_uri; }}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/server.crt; ssl_certificate_key {folder}/server.key;
    location / {{ proxy_pass {edge}; proxy_http_version 1.1; proxy_set_header Host $host; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Door:
    """Where it is, and the certificate of the authority that vouches for it."""

    url: str
    authority: Path


@contextmanager
def https_door(edge: str, folder: Path) -> Iterator[Door]:
    """Takes what comes by TLS to `edge`, and who comes without to itself; `folder` is for its files."""
    ensure([NGINX])
    signer = authority("test-ca")
    signer.write(folder, "ca")
    leaf(signer, HOST, [SERVER], hosts=[HOST]).write(folder, "server")
    plain, port = _two_free_ports()
    settings = folder / "nginx.conf"
    settings.write_text(SETTINGS.format(folder=folder, plain=plain, port=port, host=HOST, edge=edge))
    with subprocess.Popen([str(path_of(NGINX) / "nginx"), "-c", str(settings)]) as nginx:
        try:
            yield Door(f"https://{HOST}:{port}", folder / "ca.crt")
        finally:
            nginx.terminate()


def _two_free_ports() -> tuple[int, int]:
    """One after the other, as 80 and 443 belong together elsewhere."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port, port + 1
