"""A network of the run's own, which can be cut: in a namespace, by nftables."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from devstack.addresses import AppAddress
from devstack.toolbox.debian import DebianTool
from devstack.toolbox.ensure import find_tool

NFT = DebianTool("nft", "nftables", minimum_version=(1, 0), program="usr/sbin/nft")
RULES = """
table inet chaos {{
    chain cut {{
        type filter hook input priority filter;
        tcp dport {{ {ports} }} drop
        tcp sport {{ {ports} }} drop
    }}
}}
"""
SIDECAR_PORTS = ("daprHTTPPort", "daprGRPCPort")


@contextmanager
def cut_ports(ports: Sequence[int]) -> Iterator[None]:
    """No packet to or from these ports arrives while the block runs, and nobody is told so."""
    _run_nft("-f", "-", rules=RULES.format(ports=", ".join(map(str, ports))))
    try:
        yield
    finally:
        _run_nft("delete", "table", "inet", "chaos")


def list_ports_between(app: AppAddress) -> list[int]:
    """What a service and its sidecar talk over; the frontend's own port is for clients, so it stays open."""
    names = SIDECAR_PORTS if app.app_id == "frontend" else ("appPort", *SIDECAR_PORTS)
    return [app.ports[name] for name in names]


def raise_loopback() -> None:
    """In a new namespace it is down."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def _run_nft(*words: str, rules: str = "") -> None:
    subprocess.run([str(find_tool(NFT)), *words], input=rules, text=True, check=True)
