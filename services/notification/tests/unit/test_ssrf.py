"""Which addresses may be called in a user's name."""

from ipaddress import ip_network

import aiohttp
import pytest
from notification_service.channels.ssrf import (
    is_address_allowed,
    is_connection_allowed,
    safe_client_session,
    validate_url,
)
from notification_service.channels.use_cases import _validate_public_url
from notification_service.settings import Settings
from pydantic import ValidationError

from servicekit.errors import Invalid


class TestAddresses:
    @pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
    def test_that_are_public_may_be_called(self, address: str) -> None:
        assert is_address_allowed(address, [])

    @pytest.mark.parametrize(
        "address",
        [
            *(
                "127.0.0.1",
                "10.1.2.3",
                "172.16.0.1",
                "192.168.1.1",
                "169.254.169.254",
                "100.64.0.1",
                "0.0.0.0",
            ),
            *("::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"),
            *("224.0.0.1", "ff02::1", "255.255.255.255"),
        ],
    )
    def test_that_are_not_may_not(self, address: str) -> None:
        assert not is_address_allowed(address, [])

    def test_may_be_allowed_by_the_operator(self) -> None:
        assert is_address_allowed("10.1.2.3", [ip_network("10.1.0.0/16")])
        assert is_address_allowed("::ffff:10.1.2.3", [ip_network("10.1.0.0/16")])
        assert not is_address_allowed("10.2.2.3", [ip_network("10.1.0.0/16")])


class TestPorts:
    PUBLIC = "93.184.216.34"

    def test_are_those_the_operator_names(self) -> None:
        for port, fine in ((443, False), (8443, False), (9000, True)):
            url = f"https://{self.PUBLIC}:{port}/hook"
            assert is_connection_allowed(self.PUBLIC, port, [], ports=[9000]) is fine
            problem = validate_url(url, [], https_only=True, ports=[9000])
            assert problem == ("" if fine else "the port must be one of 9000")

    def test_are_read_from_the_settings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert Settings().allowed_ports == [80, 443, 8443]
        monkeypatch.setenv("TODO_ALLOWED_PORTS", "[9000]")
        settings = Settings()
        assert settings.allowed_ports == [9000]
        assert _validate_public_url("https://example.com:9000/", "/url", settings)
        with pytest.raises(Invalid, match="port"):
            _validate_public_url("https://example.com/", "/url", settings)

    @pytest.mark.parametrize("ports", ["[]", "[0]", "[65536]", "443"])
    def test_that_are_none_stop_the_start(self, monkeypatch: pytest.MonkeyPatch, ports: str) -> None:
        monkeypatch.setenv("TODO_ALLOWED_PORTS", ports)
        with pytest.raises(ValidationError):
            Settings()


class TestASession:
    async def test_keeps_nothing_from_one_user_to_the_next_and_asks_no_proxy(self) -> None:
        async with safe_client_session([]) as session:
            assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
            assert session.trust_env is False


class TestUrls:
    def test_of_names_are_looked_at_when_they_are_called(self) -> None:
        assert validate_url("https://example.com/hook", [], https_only=True) == ""

    @pytest.mark.parametrize(
        "url",
        [
            *("http://example.com/", "ftp://example.com/", "https://", "/hook", "https://10.0.0.1/"),
            *("https://:word@example.com/", "https://user@example.com/"),
            *("https://user:word@example.com/", "https://[::1]/", "https://example.com/" + "x" * 2000),
        ],
    )
    def test_that_can_not_be_are_refused(self, url: str) -> None:
        assert validate_url(url, [], https_only=True)
