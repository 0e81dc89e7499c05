"""What is said with every response that leaves, and to whom nothing is said."""

import gzip

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.gateway.security_middleware import SECURITY_HEADERS, SecurityMiddleware

from services.frontend.tests.unit.gateway.test_api_gateway import BEARER, TASKS, Upstreams, of_a_service

LONG = b'{"items":[' + b"1," * 2000 + b"1]}"


@pytest.fixture
def services() -> Upstreams:
    return Upstreams()


def reach(
    app: FastAPI, host: str, *, secure: bool = False, hosts: str = "", origin: str = "*"
) -> httpx2.AsyncClient:
    public = SecurityMiddleware(app, secure, frozenset(filter(None, [hosts])), frozenset([origin]))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(public), base_url=f"http://{host}")


class TestEveryResponse:
    @pytest.mark.parametrize(
        "path", ["/", "/sign-in", "/healthz", "/nowhere", TASKS, "/api/v1/nowhere", "/mcp"]
    )
    async def test_has_the_security_headers(self, nobody: httpx2.AsyncClient, path: str) -> None:
        headers = (await nobody.get(path)).headers
        assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS | {
            "referrer-policy": headers["referrer-policy"]
        }
        assert "strict-transport-security" not in headers
        assert headers["cache-control"]

    async def test_over_tls_has_hsts(self, app: FastAPI) -> None:
        async with reach(app, "todo.test", secure=True) as client:
            assert "max-age" in (await client.get(TASKS)).headers["strict-transport-security"]

    async def test_of_the_api_is_only_cacheable_with_an_etag(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        services.replies = [of_a_service(), of_a_service(etag='"1"')]
        kept = [(await nobody.get(TASKS, headers=BEARER)).headers["cache-control"] for _ in range(2)]
        assert kept == ["no-store", "private, no-cache"]


class TestHeadRequest:
    async def test_is_answered_like_get_without_the_body(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        services.replies = [of_a_service(200, b"{}", etag='"1"')]
        response = await nobody.head(f"{TASKS}/1", headers=BEARER)
        assert (response.status_code, response.content, response.headers["etag"]) == (200, b"", '"1"')
        assert services.requests[0].method == "GET"

    @pytest.mark.parametrize("query", ["", "?component=vtodo&project=P%20Q"])
    async def test_of_a_calendar_has_all_headers_of_its_get(
        self, nobody: httpx2.AsyncClient, services: Upstreams, query: str
    ) -> None:
        headers = {"content_type": "text/calendar; charset=utf-8", "cache_control": "private, no-cache"}
        calendar = of_a_service(200, b"BEGIN:VCALENDAR\r\n" * 200, etag='"1-2"', **headers)
        services.replies = [calendar, calendar]
        path = f"/api/v1/calendar/secret.ics{query}"
        got, head = await nobody.get(path), await nobody.head(path)
        assert (got.status_code, head.status_code) == (200, 200)
        assert (got.content, head.content) == (b"BEGIN:VCALENDAR\r\n" * 200, b"")
        own = {"ratelimit", "traceparent"}
        received = [
            {name: value for name, value in each.headers.items() if name not in own} for each in (got, head)
        ]
        assert received[0] == received[1]
        assert received[0]["etag"] == '"1-2"'
        first, second = services.requests
        assert (second.method, second.path) == (first.method, first.path)


class TestCompression:
    @pytest.mark.parametrize(
        ("accepts", "coding"),
        [
            ("gzip", "gzip"),
            ("br, GZIP;q=0.5", "gzip"),
            ("gzip;q=0", ""),
            ("gzip; q=0.00", ""),
            ("br", ""),
            ("", ""),
        ],
    )
    async def test_is_only_for_clients_that_accept_it(
        self, nobody: httpx2.AsyncClient, services: Upstreams, accepts: str, coding: str
    ) -> None:
        services.replies = [of_a_service(200, LONG, content_type="application/json")]
        response = await nobody.get(TASKS, headers=BEARER | {"accept-encoding": accepts})
        assert (response.headers.get("content-encoding", ""), response.content) == (coding, LONG)
        assert response.headers["vary"] == "Accept-Encoding"
        assert int(response.headers["content-length"]) == len(gzip.compress(LONG, 1) if coding else LONG)

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            (b"{}", {"content_type": "application/json"}),
            (LONG, {"content_type": "application/json", "etag": '"1"'}),
            (LONG, {"content_type": "application/zip"}),
        ],
    )
    async def test_skips_small_compressed_and_etagged_responses(
        self, nobody: httpx2.AsyncClient, services: Upstreams, body: bytes, headers: dict[str, str]
    ) -> None:
        services.replies = [of_a_service(200, body, **headers)]
        response = await nobody.get(TASKS, headers=BEARER | {"accept-encoding": "gzip"})
        assert "content-encoding" not in response.headers


class TestOtherOrigin:
    ASKS = {"origin": "https://app.test", "access-control-request-method": "PATCH"}  # noqa: RUF012

    async def test_may_use_the_api_without_cookies(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        allowed = await nobody.options(f"{TASKS}/1", headers=self.ASKS)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, "*")
        assert "PATCH" in allowed.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in allowed.headers
        assert services.requests == []
        assert (await nobody.get(TASKS, headers=self.ASKS)).headers["access-control-allow-origin"] == "*"

    async def test_may_not_read_pages(self, nobody: httpx2.AsyncClient) -> None:
        assert "access-control-allow-origin" not in (await nobody.get("/sign-in", headers=self.ASKS)).headers


class TestHost:
    async def test_that_is_not_ours_is_rejected(self, app: FastAPI) -> None:
        async with reach(app, "evil.test", hosts="todo.test") as client:
            assert (await client.get(TASKS)).json()["code"] == "unknown-host"

    @pytest.mark.parametrize("path", ["/metrics", "/readyz", "/healthz"])
    async def test_of_ours_hides_internal_routes_from_the_public(self, app: FastAPI, path: str) -> None:
        async with reach(app, "todo.test", hosts="todo.test") as client:
            assert (await client.get(path)).status_code == 404
        async with reach(app, "10.1.2.3:8000", hosts="todo.test") as client:
            assert (await client.get(path)).status_code == 200
