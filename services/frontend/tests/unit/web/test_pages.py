"""What the pages ask of the services, and show of their responses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from frontend_service.web.account.auth import local_path
from frontend_service.web.notifications.inbox_page import describe_age

from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse
from services.frontend.tests.fake_services import Call, FakeServices, a_task, problem, tokens
from tests.fake_sidecar import make_response

ID = a_task()["id"]
HTMX = {"hx-request": "true"}
HOSTILE = "<script>alert(1)</script>\"' onload=x"


class TestListPage:
    async def test_shows_titles_as_text(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        task = a_task(title=HOSTILE, notes=HOSTILE, labels=[HOSTILE])
        services.responses["GET /tasks"] = make_response(items=[task], next_cursor=None)
        text = (await ada.get("/")).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "<script>alert" not in text
        assert "\"' onload" not in text

    async def test_requests_as_many_tasks_as_it_shows(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        def page(call: Call) -> SidecarResponse:
            limit = int(call.path.partition("limit=")[2].partition("&")[0])
            return make_response(items=[a_task()] * limit, next_cursor="a+b/c=")

        services.responses["GET /tasks"] = page
        text = (await ada.get("/?shown=250", headers=HTMX)).text
        paths = [call.path for call in services.called("GET /tasks")]
        assert paths == ["/tasks?limit=200", "/tasks?limit=50&cursor=a%2Bb%2Fc%3D"]
        assert 'href="/?shown=300"' in text

    @pytest.mark.parametrize("shown", ["-1", "0", "99999999999999"])
    async def test_tolerates_any_number_of_tasks_to_show(
        self, ada: httpx2.AsyncClient, services: FakeServices, shown: str
    ) -> None:
        assert (await ada.get(f"/?shown={shown}", headers=HTMX)).status_code == 200

    async def test_keeps_its_tasks_while_the_service_is_unavailable(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away.add(App.TASK)
        response = await ada.get("/", headers=HTMX)
        assert (response.status_code, response.headers["hx-reswap"]) == (200, "none")
        assert "Your tasks can't be reached right now." in response.text

    @pytest.mark.parametrize("body", [b"", b'{"items": [', b"null"])
    async def test_treats_a_truncated_response_as_unavailable(
        self, ada: httpx2.AsyncClient, services: FakeServices, body: bytes
    ) -> None:
        services.responses["GET /tasks"] = replace(make_response(), body=body)
        response = await ada.get("/")
        assert response.status_code == 200
        assert "Your tasks can't be reached right now." in response.text

    async def test_treats_a_response_without_a_required_field_as_unavailable(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.is_complete = False
        services.responses["GET /tasks"] = make_response(items=[{"id": "1"}], next_cursor=None)
        response = await ada.get("/")
        assert response.status_code == 200
        assert "Your tasks can't be reached right now." in response.text

    async def test_works_without_the_other_services(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away |= {App.NOTIFICATION, App.ANALYTICS, App.CHAT}
        services.responses["GET /tasks"] = make_response(items=[a_task()], next_cursor=None)
        response = await ada.get("/")
        assert response.status_code == 200
        assert "Buy milk" in response.text


class TestAddingATask:
    async def test_forwards_the_idempotency_key_of_the_form(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /tasks"] = make_response(201, **a_task())
        await ada.post("/tasks", data={"title": "Buy milk", "key": "k1"})
        call = services.called("POST /tasks")[0]
        assert call.headers["idempotency-key"] == "web-k1"
        assert call.json == {"quick": "Buy milk"}

    async def test_keeps_text_and_key_while_the_service_is_unavailable(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away.add(App.TASK)
        response = await ada.post("/tasks", data={"title": "Buy milk", "key": "k1"})
        assert response.status_code == 503
        assert 'value="Buy milk"' in response.text
        assert 'name="key" value="k1"' in response.text

    async def test_uses_a_new_key_after_a_rejection(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        errors = [{"pointer": "/quick", "detail": "must not be blank"}]
        services.responses["POST /tasks"] = problem(422, "invalid", errors=errors)
        response = await ada.post("/tasks", data={"title": " ", "key": "k1"})
        assert "must not be blank" in response.text
        assert 'value="k1"' not in response.text


class TestRowAction:
    @pytest.mark.parametrize(
        ("verb", "route", "undo"),
        [
            ("complete", f"POST /tasks/{ID}/complete", "reopen"),
            ("reopen", f"POST /tasks/{ID}/reopen", "complete"),
            ("delete", f"DELETE /tasks/{ID}", "restore"),
        ],
    )
    async def test_can_be_undone(
        self, ada: httpx2.AsyncClient, services: FakeServices, verb: str, route: str, undo: str
    ) -> None:
        form = {"key": "k", "title": HOSTILE}
        response = await ada.post(f"/tasks/{ID}/{verb}", data=form, headers=HTMX)
        assert services.called(route)[0].headers["idempotency-key"] == f"web-k-{verb}"
        assert f'hx-post="/tasks/{ID}/{undo}?shown=50"' in response.text
        assert "<script>" not in response.text

    async def test_on_a_task_that_is_gone_shows_the_list_without_it(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses[f"POST /tasks/{ID}/complete"] = problem(404, "not-found")
        response = await ada.post(f"/tasks/{ID}/complete", headers=HTMX)
        assert "That task was deleted elsewhere." in response.text
        assert 'id="tasks"' in response.text


class TestSigningIn:
    async def test_stores_the_session(self, nobody: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["POST /auth/sign-in"] = tokens()
        response = await nobody.post("/sign-in", data={"email": "a@b.c", "password": "p", "next": "/account"})
        assert (response.status_code, response.headers["location"]) == (303, "/account")
        assert "HttpOnly; SameSite=Lax" in response.headers["set-cookie"]

    async def test_never_shows_the_password_again(
        self, nobody: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /auth/sign-in"] = problem(401, "wrong-credentials", "Wrong.")
        response = await nobody.post("/sign-in", data={"email": "a@b.c", "password": "hunter22"})
        assert response.status_code == 401
        assert "Wrong." in response.text
        assert "hunter22" not in response.text

    async def test_up_ignores_an_unknown_time_zone(
        self, nobody: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["POST /auth/sign-up"] = tokens()
        await nobody.post("/sign-up", data={"email": "a@b.c", "password": "p", "time_zone": "Mars/X"})
        assert "time_zone" not in services.called("POST /auth/sign-up")[0].json

    @pytest.mark.parametrize(
        "path", ["//evil.test", "/\\evil.test", "https://evil.test", "evil", "", "/\t/evil.test"]
    )
    def test_never_redirects_to_another_site(self, path: str) -> None:
        assert local_path(path) == "/"


class TestSigningOut:
    async def test_works_without_the_user_service(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.away.add(App.USER)
        response = await ada.post("/sign-out")
        assert "session=; Max-Age=0" in response.headers["set-cookie"]


class TestUnreadBadge:
    @pytest.mark.parametrize(("unread", "shown"), [(0, ""), (3, "<b>3</b>"), (10, "<b>9+</b>")])
    async def test_counts_unread_entries(
        self, ada: httpx2.AsyncClient, services: FakeServices, unread: int, shown: str
    ) -> None:
        services.responses["GET /notifications"] = make_response(items=[{}] * unread, next_cursor=None)
        text = (await ada.get("/notifications/badge", headers=HTMX)).text
        assert ("<b>" in text) == bool(shown)
        assert shown in text


class TestAssistantPage:
    async def test_offers_to_undo_what_it_did(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        reply = make_response(conversation_id=ID, reply="Added.", actions=[], undo_token="t.o")
        services.responses["POST /chat/messages"] = reply
        response = await ada.post("/assistant/messages", data={"text": "add x", "key": "k"})
        assert response.headers["location"] == f"/assistant/{ID}?undo=t.o"

    async def test_says_when_conversations_are_unavailable(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["GET /chat/conversations"] = problem(503, "conversations-unavailable")
        response = await ada.get("/assistant")
        assert response.status_code == 200
        assert "Conversation unavailable." in response.text


class TestTimeAgo:
    @pytest.mark.parametrize(
        ("before", "expected"),
        [
            (timedelta(seconds=5), "just now"),
            (timedelta(minutes=59), "59 min ago"),
            (timedelta(hours=23), "23 h ago"),
            (timedelta(days=3), "20 Nov"),
            (timedelta(days=400), "19 Oct 2025"),
        ],
    )
    def test_is_rounded(self, before: timedelta, expected: str) -> None:
        now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        assert describe_age(now - before, now) == expected
