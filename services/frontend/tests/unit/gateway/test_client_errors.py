"""What a client chose never looks like an outage, and one client's bad requests cut nobody off."""

from collections.abc import Iterator

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.clients import circuit_breaker
from frontend_service.gateway import api_gateway
from frontend_service.gateway.sessions import Session, Sessions

from contracts.names import App
from servicekit.dapr import sidecar
from servicekit.dapr.request_limits import MAX_HEADER_BYTES, MAX_TARGET_BYTES
from servicekit.dapr.sidecar import Sidecar, SidecarResponse
from servicekit.errors import BadRequest, Invalid, TimedOut
from services.frontend.tests.unit.gateway.test_api_gateway import BEARER, TASKS, Upstreams, of_a_service
from tests.fake_sidecar import make_raw_response

SAID = [
    of_a_service(500, b'{"code":"internal-error"}'),
    make_raw_response(400, b"Invalid HTTP request received."),
    make_raw_response(431, b"431 Request Header Fields Too Large"),
    make_raw_response(500, b"Internal Server Error"),
]


@pytest.fixture
def services() -> Upstreams:
    return Upstreams()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_gateway, "RETRY_PAUSES", (0, 0, 0))
    monkeypatch.setattr(sidecar, "RETRY_PAUSES", (0, 0, 0))


class TestErrorOfAService:
    @pytest.mark.parametrize("reply", SAID)
    async def test_is_forwarded_once_and_opens_no_circuit_breaker(
        self, nobody: httpx2.AsyncClient, services: Upstreams, reply: SidecarResponse
    ) -> None:
        for times in range(1, 3 * circuit_breaker.TRIPS_AFTER):
            services.replies = [reply]
            response = await nobody.get(TASKS, headers=BEARER)
            assert (response.status_code, response.content) == (reply.status, reply.body)
            assert len(services.requests) == times

    async def test_that_was_cut_off_is_retried_and_opens_no_circuit_breaker(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        whole = of_a_service(200, b'{"a":1}')
        broken = make_raw_response(200, b'{"a"', whole.headers)
        services.replies = [broken, whole]
        assert (await nobody.get(TASKS, headers=BEARER)).content == b'{"a":1}'
        for _ in range(2 * circuit_breaker.TRIPS_AFTER):
            services.replies = [broken] * 4
            assert (await nobody.get(TASKS, headers=BEARER)).status_code == 503
        services.replies = []
        assert (await nobody.get(TASKS, headers=BEARER)).status_code == 200

    async def test_that_is_too_late_becomes_503_once_and_opens_no_circuit_breaker(
        self, nobody: httpx2.AsyncClient, services: Upstreams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def take_long(request: object) -> SidecarResponse:
            raise TimedOut

        with monkeypatch.context() as patch:
            patch.setattr(services, "respond", take_long)
            for times in range(1, 3 * circuit_breaker.TRIPS_AFTER):
                response = await nobody.get(TASKS, headers=BEARER)
                assert (response.status_code, response.json()["code"]) == (503, "timed-out")
                assert len(services.requests) == times
        assert (await nobody.get(TASKS, headers=BEARER)).status_code == 200


class TestTruncatedBody:
    async def test_reaches_no_service(self, app: FastAPI, services: Upstreams) -> None:
        """Else the first half of a file would be imported as all of it."""
        parts: Iterator[dict[str, object]] = iter(
            [{"type": "http.request", "body": b"title", "more_body": True}, {"type": "http.disconnect"}]
        )
        sent: list[dict[str, object]] = []
        headers = [(b"content-length", b"100"), (b"authorization", b"Bearer mine")]
        path = "/api/v1/import"
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "headers": headers,
        }

        async def receive() -> dict[str, object]:
            return next(parts)

        async def keep(message: dict[str, object]) -> None:
            sent.append(message)

        await app({**scope, "query_string": b"", "app": app}, receive, keep)  # type: ignore[arg-type]
        assert sent[0]["status"] == 400
        assert services.requests == []


class TestRequestThatCanNotBeForwarded:
    @pytest.mark.parametrize(
        ("headers", "query", "status"),
        [
            ({"accept": "a" * (MAX_HEADER_BYTES + 1)}, "", 431),
            (dict.fromkeys(("accept", "if-match", "if-none-match", "mcp-name"), "a" * 7100), "", 431),
            ({"cookie": "a" * 33_000}, "", 431),
            ({}, "q=" + "a" * MAX_TARGET_BYTES, 414),
            ({"if-match": "\xfc"}, "", 400),
            ({"idempotency-key": "a\x7fb"}, "", 400),
        ],
    )
    async def test_is_rejected_by_the_gateway(
        self,
        nobody: httpx2.AsyncClient,
        services: Upstreams,
        headers: dict[str, str],
        query: str,
        status: int,
    ) -> None:
        sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        response = await nobody.get(f"{TASKS}?{query}", headers=sent | {b"authorization": b"Bearer mine"})
        assert (response.status_code, response.headers["content-type"]) == (
            status,
            "application/problem+json",
        )
        assert services.requests == []

    @pytest.mark.parametrize("method", ["GET", "OPTIONS"])
    async def test_without_a_path_is_rejected(self, app: FastAPI, method: str) -> None:
        sent = []
        scope = {"type": "http", "method": method, "path": "*", "raw_path": b"*", "headers": []}

        async def keep(message: object) -> None:
            sent.append(message)

        await app({**scope, "query_string": b"", "app": app}, None, keep)  # type: ignore[arg-type]
        assert sent[0]["status"] == 400  # type: ignore[index]

    async def test_is_rejected_for_pages_by_the_same_rule(self, services: Upstreams) -> None:
        with pytest.raises(Invalid):
            await Sidecar.invoke(services, App.TASK, "POST", "/tasks", json={"title": "\ud83d"})
        with pytest.raises(BadRequest):
            await Sidecar.invoke(
                services, App.TASK, "POST", "/tasks", headers={"idempotency-key": "a\r\nb: c"}
            )


class TestCookie:
    def test_is_found_among_many_backslashes(self) -> None:
        sessions = Sessions(b"k" * 32, False, Sidecar(1))
        assert sessions.open('session="' + "\\" * 200_000 + '"') is None

    def test_over_tls_has_the_host_prefix_and_no_other_is_accepted(self) -> None:
        plain, secure = (Sessions(b"k" * 32, tls, Sidecar(1)) for tls in (False, True))
        session = Session("a", "r", 1)
        cookie = secure.set_cookie(session).partition(";")[0]
        assert cookie.startswith("__Host-session=")
        assert secure.open(f"theme=dark; {cookie}") == session
        assert secure.open(plain.set_cookie(session).partition(";")[0]) is None
