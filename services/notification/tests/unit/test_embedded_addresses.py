"""No way of writing an address leads inside: each form IPv6 has for IPv4, and what URLs make of hosts."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from notification_service.channels.ssrf import (
    PORTS,
    is_address_allowed,
    is_connection_allowed,
    to_ascii_url,
    validate_url,
)

INSIDE = st.one_of(
    *(
        st.integers(int(IPv4Address(first)), int(IPv4Address(last))).map(IPv4Address)
        for first, last in [
            *[("0.0.0.0", "0.255.255.255"), ("10.0.0.0", "10.255.255.255")],
            *[("100.64.0.0", "100.127.255.255"), ("127.0.0.0", "127.255.255.255")],
            *[("169.254.0.0", "169.254.255.255"), ("172.16.0.0", "172.31.255.255")],
            *[("192.0.0.0", "192.0.0.255"), ("192.168.0.0", "192.168.255.255")],
            *[("198.18.0.0", "198.19.255.255"), ("224.0.0.0", "255.255.255.255")],
        ]
    )
)
PUBLIC = st.sampled_from(["8.8.8.8", "93.184.216.34", "1.1.1.1"]).map(IPv4Address)
PREFIX = st.integers(0, 2**64 - 1)


def forms(inner: IPv4Address, prefix: int) -> dict[str, int]:
    """Every form of IPv6 that leads to an IPv4 address. prefix: of a site, where the form takes one."""
    four = int(inner)
    site = (0x2A << 120) | (prefix << 56 & ((1 << 120) - 1)) & ~((1 << 64) - 1)
    return {
        "mapped": 0xFFFF << 32 | four,
        "compatible": four,
        "translated": 0xFFFF << 48 | four,
        "NAT64": int(IPv6Address("64:ff9b::")) | four,
        "local NAT64": int(IPv6Address("64:ff9b:1::")) | four,
        "6to4": 0x2002 << 112 | four << 80 | prefix & (1 << 64) - 1,
        "Teredo": int(IPv6Address("2001::")) | (prefix & 0xFFFFFFFF) << 64 | (four ^ 0xFFFFFFFF),
        "Teredo server": int(IPv6Address("2001::")) | four << 64 | prefix & 0xFFFFFFFF,
        "ISATAP": site | 0x00005EFE << 32 | four,
        "ISATAP, universal": site | 0x02005EFE << 32 | four,
    }


@given(INSIDE, PREFIX)
def test_what_is_inside_stays_closed_in_every_form(inner: IPv4Address, prefix: int) -> None:
    assert not is_address_allowed(str(inner), [])
    opened = {
        name for name, form in forms(inner, prefix).items() if is_address_allowed(str(IPv6Address(form)), [])
    }
    assert opened == set()


@given(PUBLIC, PREFIX)
def test_what_is_public_is_open_in_the_forms_that_are_routed(inner: IPv4Address, prefix: int) -> None:
    assert is_address_allowed(str(inner), [])
    opened = {
        name for name, form in forms(inner, prefix).items() if is_address_allowed(str(IPv6Address(form)), [])
    }
    assert {"NAT64", "ISATAP"} <= opened


@given(st.integers(int(IPv6Address("2400::")), int(IPv6Address("2c0f:ffff::"))).map(IPv6Address))
def test_what_registries_gave_out_is_open(address: IPv6Address) -> None:
    assume((int(address) >> 32) & 0xFFFFFFFF not in (0x00005EFE, 0x02005EFE))
    assert is_address_allowed(str(address), [])


@pytest.mark.parametrize(
    "address",
    [
        *("::7f00:1", "fec0::1", "64:ff9b:1::7f00:1", "::", "fe80::1", "fd00:ec2::254", "ff0e::1", "100::1"),
        *("2001:db8::1", "3fff::1", "2001:10::1", "5f00::1", "192.88.99.1", "240.0.0.1", "4000::1"),
    ],
)
def test_special_addresses_are_closed(address: str) -> None:
    assert not is_address_allowed(address, [])


@pytest.mark.parametrize("port", [0, 1, 22, 25, 6379, 65535])
def test_sockets_are_for_web_ports_only(port: int) -> None:
    assert not is_connection_allowed("8.8.8.8", port, [])
    assert all(is_connection_allowed("8.8.8.8", fine, []) for fine in PORTS)


REFUSED = r"""
    https://e.com:0/ https://e.com:65536/ https://e.com:22/ https://e.com:80a/ //e.com/ https:// https:///x
    https://@e.com/ https://user@e.com/ https://a..b/ https://-a.com/ https://xn--a.com/ https://e.com./
    https:\\e.com/ https://e.com\@x.com/ https://127.1/ https://2130706433/ https://0x7f000001/
    https://0177.0.0.1/ https://１２７.0.0.1/ https://a%2eb.com/ https://[fe80::1%25eth0]/
    https://[2606:2800::1%25eth0]/ https://[::7f00:1]/ https://[::1
"""
WITH_GAPS = ["exa mple.com/", "e.com/\r\nX: y", "e.com/\u200b", "e.com/\ud83d", "e.com/\x7f", "e.com/\u00a0"]
TOO_LONG = [f"{'a' * 64}.com/", f"{'a.' * 127}com/"]


@pytest.mark.parametrize("url", [*REFUSED.split(), *(f"https://{rest}" for rest in WITH_GAPS + TOO_LONG)])
def test_urls_that_can_not_be_called_are_refused(url: str) -> None:
    assert validate_url(url, [], https_only=True)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://example.com/hook?a=1#b", "https://example.com/hook?a=1#b"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://_dmarc.example.com", "https://_dmarc.example.com"),
        ("https://[2606:2800:220:1::1]/", "https://[2606:2800:220:1::1]/"),
    ],
)
def test_urls_that_can_are_called_as_they_were_looked_at(url: str, sent: str) -> None:
    assert validate_url(url, [], https_only=True) == ""
    assert to_ascii_url(url) == sent


@given(
    st.text(max_size=60), st.sampled_from(["", "https://", "https://e.com:", "https://[", "https://e.com/"])
)
def test_any_text_has_an_answer(text: str, before: str) -> None:
    url = before + text
    if not validate_url(url, [], https_only=True):
        assert to_ascii_url(url).isascii()
