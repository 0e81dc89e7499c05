"""Requests to addresses users name: never to a private network (server-side request forgery).

The address is looked at when the socket is made, after the name was resolved and for every attempt, so
neither a name that resolves to something private nor one that changes between two look-ups gets through.
Redirects are not followed.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import aiohttp
from yarl import URL

Networks = Sequence[IPv4Network | IPv6Network]
NAT64 = IPv6Network("64:ff9b::/96")
TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
LONGEST_URL = 2000


class PrivateAddress(OSError):
    """The address is not public, and not one of those the operator allows."""


def is_allowed(host: str, allowed: Networks) -> bool:
    """Whether an IP address may be called; IPv4 inside IPv6 counts as what it is."""
    address = _unwrapped(ip_address(host.partition("%")[0]))
    if any(address in network for network in allowed if network.version == address.version):
        return True
    return address.is_global and not address.is_multicast


def problem_with(url: str, allowed: Networks, *, https_only: bool) -> str:
    """What is wrong with a URL, as far as can be said without looking its name up; empty if nothing."""
    try:
        parsed = URL(url)
    except ValueError:
        return "not a URL"
    if len(url) > LONGEST_URL or not parsed.host or parsed.scheme not in ("http", "https"):
        return "not an http or https URL with a host"
    if https_only and parsed.scheme != "https":
        return "must be https"
    if parsed.user or parsed.password:
        return "must not hold a user name or password"
    try:
        is_fine = is_allowed(parsed.host, allowed)
    except ValueError:
        return ""
    return "" if is_fine else "this address is not public"


def guarded_session(allowed: Networks) -> aiohttp.ClientSession:
    """A session that opens no connection to a private address; its errors then hold `PrivateAddress`."""
    connector = aiohttp.TCPConnector(socket_factory=_socket_factory(allowed), limit=200, limit_per_host=8)
    return aiohttp.ClientSession(
        connector=connector, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    )


def _socket_factory(allowed: Networks) -> Callable[[Any], socket.socket]:
    def make(address: Any) -> socket.socket:
        family, kind, protocol, _, where = address
        if not is_allowed(str(where[0]), allowed):
            raise PrivateAddress(f"{where[0]} is not a public address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    return make


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
