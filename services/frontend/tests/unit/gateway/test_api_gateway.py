"""The API gateway: what a service gets to see of a request, what a client sees, and who is kept out."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import httpx2
import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from frontend_service.clients import circuit_breaker
from frontend_service.container import container_of
from frontend_service.gateway import api_gateway
from frontend_service.gateway.security_middleware import API_HEADERS, SECURITY_HEADERS
from frontend_service.gateway.sessions import COOKIE, RENEW_BEFORE_SECONDS, Session

from contracts.names import App
from overload import retries
from servicekit.dapr.content_digest import compute_digest
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Unavailable
from servicekit.security.auth import AUDIENCE, ISSUER
from servicekit.web.body_limit import MAX_BODY_BYTES
from services.frontend.tests.fake_services import FakeServices, access_token, problem, tokens
from tests.fake_sidecar import Request, make_raw_response, make_response

TASKS = "/api/v1/tasks"
KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
JWK = orjson.loads(jwt.algorithms.OKPAlgorithm.to_jwk(KEY.public_key())) | {"kid": "k"}
BEARER = {"authorization": "Bearer mine"}
API_TOKEN = "todo_" + "a" * 43


@dataclass
class Upstreams(FakeServices):
    """The sidecar: answers what it was told to, one after the other (None: can't be reached), then 200."""

    replies: list[SidecarResponse | None] = field(default_factory=list)

    def respond(self, request: Request) -> SidecarResponse:
        reply = self.replies.pop(0) if self.replies else of_a_service()
        if reply is None:
            raise Unavailable
        return reply


def of_a_service(status: int = 200, body: bytes = b"{}", **headers: str) -> SidecarResponse:
    sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    sent_headers |= {"content-digest": compute_digest(body)}
    return make_raw_response(status, body, sent_headers)


def signed(user: str, key: Ed25519PrivateKey = KEY, kid: str = "k", **claims: Any) -> dict[str, str]:
    now = datetime.now(UTC)
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": user, "iat": now, "exp": now + timedelta(minutes=5)}
    token = jwt.encode(usual | claims, key, algorithm="EdDSA", headers={"kid": kid})
    return {"authorization": f"Bearer {token}"}


OF_DAPR = make_raw_response(500, b'{"errorCode":"ERR_DIRECT_INVOKE"}')


@pytest.fixture
def services() -> Upstreams:
    return Upstreams()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_gateway, "RETRY_PAUSES", (0, 0, 0))


def sign_in(browser: httpx2.AsyncClient, app: FastAPI, life: timedelta) -> None:
    session = Session(access_token(life=life), "r1", int(life.total_seconds()))
    cookie = container_of(app).sessions.set_cookie(session)
    browser.cookies.set(COOKIE, cookie.partition("=")[2].partition(";")[0])


class TestForwardedRequest:
    async def test_has_no_prefix_in_its_path(self, nobody: httpx2.AsyncClient, services: Upstreams) -> None:
        query = "?filter=due%20%3C%20today&q=a%2Fb"
        await nobody.post(f"{TASKS}{query}", content=b'{"title": "x"}', headers=BEARER)
        (request,) = services.requests
        assert (request.method, request.path) == ("POST", f"/tasks{query}")
        assert request.body == b'{"title": "x"}'

    async def test_has_only_allowed_headers(self, nobody: httpx2.AsyncClient, services: Upstreams) -> None:
        inside = {"dapr-app-id": "user", "dapr-authenticate-app-id": "operator", "dapr-api-token": "x"}
        others = {"x-forwarded-for": "127.0.0.1", "traceparent": "00-0-0-00", "cookie": "theme=dark"}
        expected = {"if-match": '"1"', "if-none-match": '"2"', "accept": "application/json"}
        expected["content-type"] = "text/csv"
        await nobody.get(TASKS, headers=inside | others | expected | BEARER)
        assert services.requests[0].headers == expected | BEARER | {"dapr-app-id": "task"}

    async def test_has_an_idempotency_key_if_it_changes_something(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        for method in ("GET", "POST", "POST"):
            await nobody.request(method, TASKS, headers=BEARER)
        await nobody.post(TASKS, headers=BEARER | {"idempotency-key": "own"})
        read, first, second, own = (each.headers.get("idempotency-key") for each in services.requests)
        assert read is None
        assert first
        assert second
        assert first != second
        assert own == "own"


class TestSession:
    async def test_becomes_an_access_token(self, ada: httpx2.AsyncClient, services: Upstreams) -> None:
        await ada.get(TASKS)
        assert services.requests[0].headers["authorization"].startswith("Bearer ey")

    async def test_is_overridden_by_a_bearer_token(
        self, ada: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        await ada.post(TASKS, headers=BEARER | {"sec-fetch-site": "cross-site"})
        assert services.requests[0].headers["authorization"] == BEARER["authorization"]

    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://evil.test"},
            {"origin": "null"},
        ],
    )
    async def test_is_rejected_from_another_site(
        self, ada: httpx2.AsyncClient, services: Upstreams, headers: dict[str, str]
    ) -> None:
        response = await ada.post(TASKS, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "cross-site")
        assert services.requests == []
        assert (await ada.get(TASKS, headers=headers)).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [{"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {"origin": "http://todo.test"}],
    )
    async def test_is_accepted_from_our_pages(self, ada: httpx2.AsyncClient, headers: dict[str, str]) -> None:
        assert (await ada.post(TASKS, headers=headers)).status_code == 200

    @pytest.mark.parametrize("reply", [of_a_service(), of_a_service(404)])
    async def test_that_expired_is_renewed_and_stored(
        self, nobody: httpx2.AsyncClient, app: FastAPI, services: Upstreams, reply: SidecarResponse
    ) -> None:
        services.responses["POST /auth/refresh"] = tokens(refresh="r2")
        services.replies = [reply]
        sign_in(nobody, app, timedelta(seconds=1))
        kept = container_of(app).sessions.open((await nobody.get(TASKS)).headers["set-cookie"])
        assert kept
        assert kept.refresh_token == "r2"
        assert services.requests[0].headers["authorization"] == f"Bearer {kept.access_token}"

    async def test_is_renewed_before_it_expires(
        self, nobody: httpx2.AsyncClient, app: FastAPI, services: Upstreams
    ) -> None:
        services.responses["POST /auth/refresh"] = tokens(refresh="r2")
        for seconds, renewed in ((RENEW_BEFORE_SECONDS + 10, 0), (RENEW_BEFORE_SECONDS - 10, 1)):
            session = Session(access_token(), "r1", int(time.time()) + seconds)
            nobody.cookies.set(
                COOKIE, container_of(app).sessions.set_cookie(session).split("=", 1)[1].split(";")[0]
            )
            assert (await nobody.get(TASKS)).status_code == 200
            assert len(services.called("POST /auth/refresh")) == renewed

    async def test_is_stored_even_if_the_service_is_unavailable(
        self, nobody: httpx2.AsyncClient, app: FastAPI, services: Upstreams
    ) -> None:
        """The old refresh token is used up by now."""
        services.responses["POST /auth/refresh"] = tokens(refresh="r2")
        services.replies = [None] * 4
        sign_in(nobody, app, timedelta(seconds=1))
        response = await nobody.get(TASKS)
        assert response.status_code == 503
        kept = container_of(app).sessions.open(response.headers["set-cookie"])
        assert kept
        assert kept.refresh_token == "r2"

    async def test_that_was_revoked_is_removed(
        self, nobody: httpx2.AsyncClient, app: FastAPI, services: Upstreams
    ) -> None:
        services.responses["POST /auth/refresh"] = problem(401, "refresh-token-invalid")
        sign_in(nobody, app, timedelta(seconds=1))
        assert f"{COOKIE}=; Max-Age=0" in (await nobody.get(TASKS)).headers["set-cookie"]
        assert "authorization" not in services.requests[0].headers


class TestApiToken:
    async def test_becomes_an_access_token(self, nobody: httpx2.AsyncClient, services: Upstreams) -> None:
        services.responses["POST /auth/exchange"] = make_response(access_token="short-lived", expires_in=60)
        await nobody.get(TASKS, headers={"authorization": f"bearer  {API_TOKEN}"})
        assert services.requests[0].headers["authorization"] == "Bearer short-lived"
        assert API_TOKEN not in str(services.requests)

    async def test_that_is_invalid_is_rejected(self, nobody: httpx2.AsyncClient, services: Upstreams) -> None:
        services.responses["POST /auth/exchange"] = problem(401, "api-token-invalid")
        refused = await nobody.get(TASKS, headers={"authorization": f"Bearer {API_TOKEN}"})
        assert (refused.status_code, refused.json()["code"]) == (401, "api-token-invalid")
        assert refused.headers["www-authenticate"] == "Bearer"
        assert services.requests == []

    @pytest.mark.parametrize("path", ["/api/v1/auth/exchange", "/api/v1/auth/exchange/"])
    async def test_exchange_is_not_public(self, nobody: httpx2.AsyncClient, path: str) -> None:
        assert (await nobody.post(path, json={"token": API_TOKEN})).status_code == 404


class TestRateLimit:
    @pytest.fixture(autouse=True)
    def one_request(self, app: FastAPI, services: Upstreams) -> None:
        container_of(app).rate_limit.all.limit = 1
        services.responses["GET /.well-known/jwks.json"] = make_response(keys=[JWK])

    async def test_is_per_user_with_an_api_token(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        """Made-up ones, and the first use of one, count against the address."""
        access = signed("ada")["authorization"].removeprefix("Bearer ")
        services.responses["POST /auth/exchange"] = make_response(access_token=access, expires_in=60)
        tokens = [API_TOKEN, API_TOKEN, f"{API_TOKEN[:-1]}b", API_TOKEN]
        responses = [await nobody.get(TASKS, headers={"authorization": f"Bearer {each}"}) for each in tokens]
        assert [each.status_code for each in responses] == [200, 200, 429, 429]
        assert (await nobody.get(TASKS, headers=signed("ada"))).status_code == 429

    async def test_is_per_user(self, nobody: httpx2.AsyncClient) -> None:
        first = await nobody.get(TASKS, headers=signed("ada"))
        second = await nobody.get(TASKS, headers=signed("ada", jti="another"))
        assert first.headers["ratelimit"].startswith('"default";r=0;')
        assert (second.status_code, second.json()["code"]) == (429, "too-many-requests")
        assert int(second.headers["retry-after"]) > 0
        assert (await nobody.get(TASKS, headers=signed("bob"))).status_code == 200

    async def test_is_shared_with_the_browser_of_the_user(self, ada: httpx2.AsyncClient) -> None:
        responses = [await ada.get(TASKS), await ada.get(TASKS, headers=signed("ada"))]
        assert [response.status_code for response in responses] == [200, 429]

    @pytest.mark.parametrize(
        "made_up",
        [
            *({"authorization": text} for text in ("Bearer x", "Bearer ", "Basic eDp4", "x", "Bearer é")),
            *({"cookie": text} for text in ("theme=dark", "session=x", f"{COOKIE}=AAAA")),
        ],
    )
    async def test_is_per_address_for_made_up_tokens(
        self, nobody: httpx2.AsyncClient, made_up: dict[str, str]
    ) -> None:
        assert (await nobody.get(TASKS)).status_code == 200
        raw = [(name.encode(), value.encode("latin-1")) for name, value in made_up.items()]
        assert (await nobody.get(TASKS, headers=raw)).status_code == 429
        assert (await nobody.get(TASKS, headers=signed("ada"))).status_code == 200

    @pytest.mark.parametrize("wrong", [{"key": OTHER}, {"kid": "other"}, {"exp": 1}, {"aud": "x"}])
    async def test_is_per_address_for_invalid_tokens(
        self, nobody: httpx2.AsyncClient, wrong: dict[str, Any]
    ) -> None:
        responses = [await nobody.get(TASKS, headers=signed(user, **wrong)) for user in ("ada", "bob")]
        assert [response.status_code for response in responses] == [200, 429]

    async def test_requests_missing_keys_only_now_and_then(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        services.away.add(App.USER)
        responses = [await nobody.get(TASKS, headers=signed(user)) for user in ("ada", "bob", "eve")]
        assert [response.status_code for response in responses] == [200, 429, 429]
        assert len(services.called("GET /.well-known/jwks.json")) == 1


class TestRequestBody:
    async def test_of_the_maximum_size_is_accepted(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        body = b"x" * MAX_BODY_BYTES
        assert (await nobody.post(TASKS, content=body, headers=BEARER)).status_code == 200
        assert services.requests[0].body == body

    async def test_with_a_larger_content_length_is_not_read(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        headers = BEARER | {"content-length": str(MAX_BODY_BYTES + 1)}
        response = await nobody.post(TASKS, content=b"x", headers=headers)
        assert (response.status_code, response.json()["code"]) == (413, "too-large")
        assert services.requests == []

    async def test_that_turns_out_larger_is_rejected(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"x" * (MAX_BODY_BYTES // 2)

        response = await nobody.post(TASKS, content=parts(), headers=BEARER)
        assert (response.status_code, response.json()["code"]) == (413, "too-large")
        assert services.requests == []


class TestUnavailableService:
    async def test_is_retried_with_the_same_idempotency_key(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        services.replies = [None, OF_DAPR]
        assert (await nobody.post(TASKS, headers=BEARER)).status_code == 200
        assert len({each.headers["idempotency-key"] for each in services.requests}) == 1
        assert len(services.requests) == 3

    @pytest.mark.parametrize("reply", [None, OF_DAPR])
    async def test_is_given_up_after_four_attempts(
        self, nobody: httpx2.AsyncClient, services: Upstreams, reply: SidecarResponse | None
    ) -> None:
        services.replies = [reply] * 9
        response = await nobody.get(TASKS, headers=BEARER)
        assert response.status_code == 503
        assert response.headers["retry-after"]
        assert len(services.requests) == 4

    async def test_shares_the_deadline_between_all_attempts(
        self, nobody: httpx2.AsyncClient, services: Upstreams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = count(1000, 4)
        monkeypatch.setattr(retries, "time", SimpleNamespace(monotonic=lambda: next(now)))
        services.replies = [None] * 9
        assert (await nobody.get(TASKS, headers=BEARER)).status_code == 503
        assert [each.timeout for each in services.requests] == [15, 7, retries.LEAST_SECONDS]

    async def test_is_not_retried_without_time_to_wait(
        self, nobody: httpx2.AsyncClient, services: Upstreams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(api_gateway, "RETRY_PAUSES", (api_gateway.TIMEOUT_SECONDS + 1,))
        services.replies = [None] * 9
        response = await nobody.get(TASKS, headers=BEARER)
        assert (response.status_code, len(services.requests)) == (503, 1)

    @pytest.mark.parametrize("reply", [None, OF_DAPR])
    async def test_opens_its_own_circuit_breaker_only(
        self,
        nobody: httpx2.AsyncClient,
        services: Upstreams,
        monkeypatch: pytest.MonkeyPatch,
        reply: SidecarResponse | None,
    ) -> None:
        services.replies = [reply] * 4 * circuit_breaker.TRIPS_AFTER
        for _ in range(circuit_breaker.TRIPS_AFTER):
            await nobody.get(TASKS, headers=BEARER)
        services.requests.clear()
        response = await nobody.get(TASKS, headers=BEARER)
        assert (response.status_code, response.json()["code"]) == (503, f"{App.TASK}-unavailable")
        assert services.requests == []
        assert (await nobody.get("/api/v1/users/me", headers=BEARER)).status_code == 200

    async def test_that_answers_now_and_then_keeps_its_circuit_breaker_closed(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        services.budgets[App.TASK] = retries.RetryBudget(100)
        failure: list[SidecarResponse | None] = [None] * 4
        for _ in range(3):
            services.replies = failure * (circuit_breaker.TRIPS_AFTER - 1)
            statuses = [
                (await nobody.get(TASKS, headers=BEARER)).status_code
                for _ in range(circuit_breaker.TRIPS_AFTER)
            ]
            assert statuses == [503] * (circuit_breaker.TRIPS_AFTER - 1) + [200]


class TestResponse:
    async def test_has_no_internal_headers(self, nobody: httpx2.AsyncClient, services: Upstreams) -> None:
        services.replies = [
            of_a_service(
                201,
                b'{"a":1}',
                etag='"1"',
                location="/api/v1/tasks/1",
                dapr_app_id="task",
                traceparent="00-a-b-01",
                server="daprd",
                connection="close",
            )
        ]
        response = await nobody.post(TASKS, headers=BEARER)
        assert (response.status_code, response.content) == (201, b'{"a":1}')
        limits = {"ratelimit", "ratelimit-policy", "cache-control", *SECURITY_HEADERS, *API_HEADERS}
        limits |= {"access-control-allow-origin", "access-control-expose-headers"}
        assert {"etag", "location", "content-length"} == set(response.headers) - limits - {"traceparent"}
        assert response.headers["content-length"] == "7"
        assert response.headers.get("traceparent") != "00-a-b-01"

    async def test_without_a_body_has_no_length(
        self, nobody: httpx2.AsyncClient, services: Upstreams
    ) -> None:
        services.replies = [of_a_service(204, b"")]
        response = await nobody.delete(f"{TASKS}/1", headers=BEARER)
        assert (response.status_code, "content-length" in response.headers) == (204, False)
