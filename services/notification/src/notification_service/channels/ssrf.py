"""SSRF protection: requests to addresses users name never reach a private network (CWE-918).

The address is looked at when the socket is made, after the name was resolved and for every attempt, so
neither a name that resolves to something private nor one that changes between two look-ups (DNS rebinding)
gets through.
Redirects are not followed. What is said of a failure tells nothing of what a name resolves to.
"""

import re
import socket
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import aiohttp
from yarl import URL

Networks = Sequence[IPv4Network | IPv6Network]
PORTS = (80, 443, 8443)
"""What may be called unless the operator says otherwise, but in networks the operator allows."""
TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
MAX_URL_LENGTH = 2000
UNREACHABLE = "the host name leads to no public address"

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All IANA has given out (RFC 4291, section 2.4); what is not of it leads to somewhere special."""
_NAT64 = IPv6Network("64:ff9b::/96")
_MAPPED = (IPv6Network("::ffff:0:0/96"), IPv6Network("::ffff:0:0:0/96"), IPv6Network("::/96"))
"""IPv4 in the last 32 bits: mapped (RFC 4291), translated (RFC 2765) and compatible (RFC 4291)."""
_SPECIAL: Networks = [
    *map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")),
    *map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4", "100.64.0.0/10")),
]
"""Beside those `ipaddress` knows in every version (IANA's registries of special-purpose addresses)."""
_ISATAP = (0x00005EFE, 0x02005EFE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


class PrivateAddressError(OSError):
    """The address is not public, and not one of those the operator allows."""


def is_address_allowed(host: str, allowed: Networks) -> bool:
    """Whether an IP address may be called: it and every IPv4 address it stands for are public, or allowed."""
    address = ip_address(host.partition("%")[0])
    inner = list(_embedded_ipv4(address))
    if any(_is_in_any(each, allowed) for each in (address, *inner)):
        return True
    return all(_is_public(each) for each in inner) and (_is_public(address) or address in _NAT64)


def is_connection_allowed(host: str, port: int, allowed: Networks, ports: Collection[int] = PORTS) -> bool:
    """Whether a socket to that IP address and port may be made."""
    return is_address_allowed(host, allowed) and (port in ports or _is_exempt(host, allowed))


def validate_url(url: str, allowed: Networks, *, https_only: bool, ports: Collection[int] = PORTS) -> str:
    """What is wrong with a URL, as far as can be said without looking its name up; empty if nothing."""
    if len(url) > MAX_URL_LENGTH:
        return f"must have at most {MAX_URL_LENGTH} characters"
    if any(char == "\\" or unicodedata.category(char)[0] in "CZ" for char in url):
        return "must not hold spaces, control characters or backslashes"
    try:
        parsed = URL(url)
        host, port = (parsed.host and parsed.raw_host) or "", parsed.port or 0  # `host` decodes Punycode
    except (ValueError, UnicodeError) as error:
        return f"not a URL: {error}"[:200] if "ort" in str(error) else "not a URL"
    if not host or parsed.scheme not in ("http", "https"):
        return "not an http or https URL with a host"
    if https_only and parsed.scheme != "https":
        return "must be https"
    if "@" in re.split("[/?#]", url.partition("//")[2], maxsplit=1)[0]:
        return "must not hold a user name or password"
    return _validate_host(host, port, allowed, ports)


def to_ascii_url(url: str) -> str:
    """A URL that `validate_url` has nothing against, as it is sent: its host in Punycode."""
    return url if url.isascii() else str(URL(url))


def describe_failure(error: Exception) -> str:
    """What a user is told of a failed call; nothing of what lies behind a name."""
    if isinstance(error, aiohttp.ClientConnectorDNSError) or _is_private(error):
        return UNREACHABLE
    if isinstance(error, aiohttp.ClientSSLError):
        return "the certificate or the TLS connection is not valid"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no connection could be made"
    return f"{type(error).__name__}: {error}"[:300]


def safe_client_session(allowed: Networks, ports: Collection[int] = PORTS) -> aiohttp.ClientSession:
    """A session that opens no connection to a private address; its errors then hold `PrivateAddressError`."""
    connector = aiohttp.TCPConnector(socket_factory=_socket_factory(allowed, ports), limit=0)
    return aiohttp.ClientSession(
        connector=connector, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    )


def _socket_factory(allowed: Networks, ports: Collection[int]) -> Callable[[Any], socket.socket]:
    def make(address: Any) -> socket.socket:
        family, kind, protocol, _, where = address
        if not is_connection_allowed(str(where[0]), int(where[1]), allowed, ports):
            raise PrivateAddressError(UNREACHABLE)
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    return make


def _validate_host(host: str, port: int, allowed: Networks, ports: Collection[int]) -> str:
    try:
        is_fine, is_exempt = is_address_allowed(host, allowed), _is_exempt(host, allowed)
    except ValueError:
        is_fine, is_exempt = True, bool(allowed)
        if not _is_host_name(host):
            return "not an http or https URL with a host"
    if "%" in host:
        return "must not hold a zone"
    if not is_fine:
        return "this address is not public"
    if not 0 < port < 65536 or (port not in ports and not is_exempt):
        return f"the port must be one of {', '.join(map(str, ports))}"
    return ""


def _is_host_name(host: str) -> bool:
    """Whether it is a host name (RFC 1123), and nothing a resolver takes for a number (127.1, 0x7f000001)."""
    labels = host.lower().split(".")
    is_number = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]) is not None
    return len(host) <= 253 and not is_number and all(_LABEL.fullmatch(label) for label in labels)


def _is_in_any(address: IPv4Address | IPv6Address, networks: Networks) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _is_exempt(host: str, allowed: Networks) -> bool:
    address = ip_address(host.partition("%")[0])
    return any(_is_in_any(each, allowed) for each in (address, *_embedded_ipv4(address)))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not _is_in_any(address, _SPECIAL)


def _embedded_ipv4(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses an IPv6 address leads to, in every form there is for that."""
    if isinstance(address, IPv4Address):
        return
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64 or any(address in network for network in _MAPPED):
        yield last
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        yield last


def _is_private(error: BaseException | None) -> bool:
    while error:
        if isinstance(error, PrivateAddressError):
            return True
        error = getattr(error, "os_error", None) or error.__cause__
    return False
