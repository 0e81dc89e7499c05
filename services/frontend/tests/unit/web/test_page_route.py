"""The route class of pages: who comes in, and what people read when something fails."""

import json
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.container import container_of
from frontend_service.gateway.sessions import COOKIE, Session

from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse
from services.frontend.tests.fake_services import (
    Call,
    FakeServices,
    a_task,
    access_token,
    problem,
    tokens,
)
from tests.fake_sidecar import make_response

ID = a_task()["id"]
HTMX = {"hx-request": "true"}


def give_session(browser: httpx2.AsyncClient, app: FastAPI, life: timedelta) -> None:
    token = access_token(life=life)
    expires_at = Session(token, "r1", 0).expires_at
    session = Session(token, "r1", int(expires_at or life.total_seconds()))
    browser.cookies.set(
        COOKIE, container_of(app).sessions.set_cookie(session).partition("=")[2].partition(";")[0]
    )


class TestPageWithoutASession:
    async def test_redirects_to_sign_in_and_back(self, nobody: httpx2.AsyncClient) -> None:
        response = await nobody.get("/notifications?shown=50")
        assert response.status_code == 303
        assert response.headers["location"] == "/sign-in?next=/notifications%3Fshown%3D50"

    async def test_redirects_the_whole_page_from_a_fragment(self, nobody: httpx2.AsyncClient) -> None:
        response = await nobody.get("/", headers=HTMX)
        assert (response.status_code, response.headers["hx-redirect"]) == (401, "/sign-in")

    async def test_submits_no_form(self, nobody: httpx2.AsyncClient, services: FakeServices) -> None:
        response = await nobody.post("/tasks", data={"title": "x"})
        assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
        assert services.calls == []


class TestSessionOfAPage:
    async def test_is_forwarded_as_an_access_token(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        await ada.get("/", headers=HTMX)
        assert services.calls[0].headers["authorization"].startswith("Bearer ey")

    async def test_that_expired_is_renewed_and_stored(
        self, nobody: httpx2.AsyncClient, app: FastAPI, services: FakeServices
    ) -> None:
        services.responses["POST /auth/refresh"] = tokens(refresh="r2")
        give_session(nobody, app, timedelta(seconds=1))
        response = await nobody.get("/", headers=HTMX)
        assert response.status_code == 200
        kept = container_of(app).sessions.open(response.headers["set-cookie"])
        assert kept
        assert kept.refresh_token == "r2"

    async def test_that_was_revoked_is_removed(
        self, nobody: httpx2.AsyncClient, app: FastAPI, services: FakeServices
    ) -> None:
        services.responses["POST /auth/refresh"] = problem(401, "refresh-token-invalid")
        give_session(nobody, app, timedelta(seconds=1))
        response = await nobody.get("/")
        assert response.headers["location"] == "/sign-in"
        assert f"{COOKIE}=; Max-Age=0" in response.headers["set-cookie"]

    async def test_is_kept_while_the_user_service_is_unavailable(
        self, nobody: httpx2.AsyncClient, app: FastAPI, services: FakeServices
    ) -> None:
        services.away.add(App.USER)
        give_session(nobody, app, timedelta(seconds=1))
        response = await nobody.get("/")
        assert response.status_code == 503
        assert "can&#39;t be reached right now" in response.text
        assert "set-cookie" not in response.headers

    async def test_a_service_rejects_is_removed(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["GET /tasks"] = problem(401, "account-gone")
        response = await ada.get("/")
        assert response.headers["location"] == "/sign-in"
        assert f"{COOKIE}=; Max-Age=0" in response.headers["set-cookie"]


class TestFormOfAnotherSite:
    @pytest.mark.parametrize(
        "headers",
        [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.test"}],
    )
    @pytest.mark.parametrize("path", ["/tasks", f"/tasks/{ID}/delete", "/sign-in", "/sign-out", "/account"])
    async def test_is_rejected(
        self, ada: httpx2.AsyncClient, services: FakeServices, path: str, headers: dict[str, str]
    ) -> None:
        response = await ada.post(path, data={"title": "x"}, headers=headers)
        assert response.status_code == 403
        assert [call for call in services.calls if call.method != "GET"] == []

    async def test_is_distinguished_from_our_own(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /tasks"] = make_response(201, **a_task())
        response = await ada.post("/tasks", data={"title": "x"}, headers={"sec-fetch-site": "same-origin"})
        assert response.status_code == 303


class TestSubmittedText:
    @pytest.mark.parametrize("text", [b"caf%E9", b"half %ED%A0%BD", b"caf\xe9", b"%FF%FE", b"a%C3"])
    async def test_of_a_form_is_rejected_unless_unicode(
        self, ada: httpx2.AsyncClient, services: FakeServices, text: bytes
    ) -> None:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        response = await ada.post("/tasks", content=b"title=" + text, headers=kind)
        assert response.status_code == 422
        assert "not Unicode" in response.text
        assert [call for call in services.calls if call.method != "GET"] == []

    async def test_of_a_form_is_checked_however_its_content_type_is_spelled(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        kind = {"content-type": "Application/X-WWW-Form-URLencoded ; charset=utf-8"}
        response = await ada.post("/tasks", content=b"title=caf%E9", headers=kind)
        assert response.status_code == 422
        assert [call for call in services.calls if call.method != "GET"] == []

    @pytest.mark.parametrize("text", [b"caf\xe9", b"half \xed\xa0\xbd", b"a\xc3"])
    @pytest.mark.parametrize("path", ["/tasks", "/account/import"])
    async def test_of_a_multipart_form_is_rejected_unless_unicode(
        self, ada: httpx2.AsyncClient, services: FakeServices, path: str, text: bytes
    ) -> None:
        kind = {"content-type": "multipart/form-data; boundary=cut"}
        file = b'--cut\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\ntitle\r\n'
        for name in (b"title", b"project"):
            part = b'--cut\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, text)
            response = await ada.post(path, content=part + file + b"--cut--\r\n", headers=kind)
            assert response.status_code == 422
            assert "not Unicode" in response.text
        assert [call for call in services.calls if call.method != "GET"] == []

    async def test_of_every_script_is_accepted(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["POST /tasks"] = make_response(201, **a_task())
        await ada.post("/tasks", data={"title": "Łódź + 100 % 東京 🥛"})
        [sent] = [call for call in services.calls if call.method == "POST"]
        assert "Łódź + 100 % 東京 🥛" in json.dumps(sent.json, ensure_ascii=False)


class TestPageFailure:
    async def test_that_is_unexpected_shows_a_page_without_details(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        def fail(_: Call) -> SidecarResponse:
            raise KeyError("surprise")

        services.responses["GET /tasks"] = fail
        response = await ada.get("/")
        assert response.status_code == 500
        assert "That did not work" in response.text
        assert "KeyError" not in response.text

    async def test_of_an_action_shows_a_toast_and_keeps_the_page(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses[f"POST /tasks/{ID}/complete"] = problem(409, "conflict", "Not now.")
        response = await ada.post(f"/tasks/{ID}/complete", headers=HTMX)
        assert (response.status_code, response.headers["hx-reswap"]) == (409, "none")
        assert "Not now." in response.text

    @pytest.mark.parametrize("path", ["/?shown=x", "/notifications?shown=", "/nothing", "/tasks/1/edit"])
    async def test_to_find_anything_shows_a_page(self, ada: httpx2.AsyncClient, path: str) -> None:
        response = await ada.get(path)
        assert response.status_code in (404, 422)
        assert "That did not work" in response.text

    async def test_by_an_open_circuit_breaker_takes_no_time(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away.add(App.TASK)
        for _ in range(7):
            response = await ada.get("/")
            assert "Your tasks can't be reached right now" in response.text
        assert len([call for call in services.calls if call.app is App.TASK]) == 5


class TestLimitOfPages:
    async def test_is_shown(self, ada: httpx2.AsyncClient, app: FastAPI) -> None:
        container_of(app).rate_limit.all.limit = 1
        await ada.get("/")
        response = await ada.get("/")
        assert response.status_code == 429

    async def test_is_per_address_for_made_up_cookies(self, nobody: httpx2.AsyncClient, app: FastAPI) -> None:
        container_of(app).rate_limit.all.limit = 1
        for text, status in (("theme=dark", 200), ("theme=light", 429), ("session=x", 429)):
            assert (await nobody.get("/sign-in", headers={"cookie": text})).status_code == status


class TestLongPage:
    async def test_is_compressed_for_clients_that_accept_it(self, ada: httpx2.AsyncClient) -> None:
        packed = await ada.get("/", headers={"accept-encoding": "gzip"})
        plain = await ada.get("/", headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
        assert "Nothing here yet" in packed.text
        assert "Nothing here yet" in plain.text


class TestEveryPage:
    @pytest.mark.parametrize("path", ["/", "/sign-in", "/sign-up", "/nothing", "/api/docs", "/assistant"])
    async def test_has_a_content_security_policy(self, ada: httpx2.AsyncClient, path: str) -> None:
        headers = (await ada.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
