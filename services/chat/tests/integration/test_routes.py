"""Talking to the assistant through the API: what is done, kept, told and taken back. On both databases."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from chat_service import conversations, schemas
from chat_service.task_client import FoundTasks, TaskClient
from sqlalchemy.ext.asyncio import AsyncSession

from conftest import ServiceUnderTest
from servicekit.dapr.content_digest import HEADER, compute_digest
from servicekit.dapr.sidecar import SidecarResponse
from services.chat.tests.fake_backend import FakeBackend
from services.chat.tests.talk import BOB, PATH, heads, say
from tests.fake_sidecar import make_raw_response, make_response


class TestAMessage:
    async def test_is_kept_with_its_answer(self, chat: ServiceUnderTest) -> None:
        reply = await say(chat, "add milk")
        assert reply["reply"] == "Added “milk”."
        (head,) = await heads(chat)
        assert (head["id"], head["title"]) == (reply["conversation_id"], "add milk")
        kept = (await chat.client.get(f"{PATH}/{head['id']}")).json()["messages"]
        assert [(each["role"], each["text"]) for each in kept] == [
            ("user", "add milk"),
            ("assistant", "Added “milk”."),
        ]

    async def test_is_told_with_what_was_done(self, chat: ServiceUnderTest) -> None:
        reply = await say(chat, "add milk")
        (event,) = await chat.recorded()
        assert (event["type"], event["subject"]) == ("todo.chat.message-handled.v1", reply["conversation_id"])
        assert event["data"]["actions"] == [{"kind": "add", "task_id": "1", "title": "milk"}]

    async def test_means_what_was_listed_before(self, chat: ServiceUnderTest, backend: FakeBackend) -> None:
        for title in ("bread", "milk"):
            backend.tasks[title] = {"id": title, "title": title, "done": False}
        id = (await say(chat, "list"))["conversation_id"]
        await say(chat, "hello there", conversation_id=id)
        await say(chat, "complete 2", conversation_id=id)
        assert [task["title"] for task in backend.tasks.values() if task["done"]] == ["milk"]

    async def test_changes_nothing_if_the_task_service_answers_without_a_field_it_reads(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        backend.tasks["t"] = {"id": "t", "title": "milk", "done": False}
        backend.is_complete = False
        refused = await chat.client.post("/chat/messages", json={"text": "complete milk"})
        assert (refused.status_code, refused.json()["code"]) == (503, "response-incomplete")
        assert (backend.changes, await chat.recorded()) == ([], [])

    async def test_is_done_in_the_name_of_who_says_it(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        await say(chat, "add milk")
        await say(chat, "add milk")
        assert {change.headers["authorization"] for change in backend.changes} == {"Bearer ada"}
        assert len({change.headers["idempotency-key"] for change in backend.changes}) == 2

    @pytest.mark.parametrize(
        ("refusal", "text"),
        [
            (make_response(422, detail="too long"), "That does not work: too long"),
            (make_response(403, detail="no scope"), "That does not work: no scope"),
            (make_response(404), "That task no longer exists."),
        ],
    )
    async def test_says_why_it_can_not_be_done(
        self, chat: ServiceUnderTest, backend: FakeBackend, refusal: SidecarResponse, text: str
    ) -> None:
        backend.refusal = refusal
        reply = await say(chat, "add milk")
        assert (reply["reply"], reply["actions"], reply["undo_token"]) == (text, [], None)

    async def test_whose_token_is_over_is_to_come_again(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        backend.refusal = make_response(401, code="token-expired", detail="over")
        response = await chat.client.post("/chat/messages", json={"text": "add milk"})
        assert (response.status_code, response.json()["code"]) == (401, "token-expired")
        assert response.headers["www-authenticate"] == "Bearer"
        assert await heads(chat) == []

    async def test_is_not_kept_while_tasks_are_away(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        backend.refusal = make_response(500)
        response = await chat.client.post("/chat/messages", json={"text": "add milk"})
        assert (response.status_code, response.json()["code"]) == (503, "task-unavailable")
        assert (await heads(chat), await chat.recorded()) == ([], [])


class TestARepeatedMessage:
    """Of a client whose first request ended in a crash: the state store has it, the database does not."""

    async def test_is_answered_as_before_and_done_once(
        self, chat: ServiceUnderTest, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def crash(_: AsyncSession) -> None:
            raise RuntimeError

        key = {"idempotency-key": "k"}
        with monkeypatch.context() as crashing:
            crashing.setattr(AsyncSession, "commit", crash)
            first = await chat.client.post("/chat/messages", json={"text": "add milk"}, headers=key)
        assert first.status_code == 500
        assert (await say(chat, "add milk", headers=key))["reply"] == "Added “milk”."
        (head,) = await heads(chat)
        assert len((await chat.client.get(f"{PATH}/{head['id']}")).json()["messages"]) == 2
        assert len(backend.changes) == len(await chat.recorded()) == 1

    async def test_of_somebody_else_is_another_one(self, chat: ServiceUnderTest) -> None:
        key = {"idempotency-key": "k"}
        mine, theirs = [await say(chat, "list", headers=key | by) for by in ({}, BOB)]
        assert mine["conversation_id"] != theirs["conversation_id"]


class TestUndo:
    async def undo(self, chat: ServiceUnderTest, token: str) -> Any:
        return await chat.client.post("/chat/undo", json={"undo_token": token})

    async def test_takes_back_and_tells_it(self, chat: ServiceUnderTest, backend: FakeBackend) -> None:
        reply = await say(chat, "add milk")
        undone = await self.undo(chat, reply["undo_token"])
        assert (undone.json()["reply"], backend.tasks) == ("Undone: “milk”.", {})
        assert [each["kind"] for each in (await chat.recorded())[1]["data"]["actions"]] == ["delete"]

    async def test_works_once(self, chat: ServiceUnderTest, backend: FakeBackend) -> None:
        token = (await say(chat, "add milk"))["undo_token"]
        await self.undo(chat, token)
        again = await self.undo(chat, token)
        assert (again.status_code, again.json()["code"]) == (422, "nothing-to-undo")
        assert len(backend.changes) == 2

    async def test_without_the_scope_for_it_is_refused_and_can_be_done_later(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        token = (await say(chat, "add milk"))["undo_token"]
        needs = 'Bearer error="insufficient_scope", scope="tasks:write"'
        problem = orjson.dumps({"code": "insufficient-scope", "detail": "no scope"})
        backend.refusal = make_raw_response(
            403, problem, {"WWW-Authenticate": needs, HEADER: compute_digest(problem)}
        )
        refused = await self.undo(chat, token)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient-scope")
        assert refused.headers["www-authenticate"] == needs
        backend.refusal = None
        assert (await self.undo(chat, token)).json()["reply"] == "Undone: “milk”."

    async def test_of_what_was_never_done_is_refused(self, chat: ServiceUnderTest) -> None:
        id = (await say(chat, "list"))["conversation_id"]
        assert (await self.undo(chat, f"{id}.nothing")).json()["code"] == "nothing-to-undo"
        assert (await self.undo(chat, "x.y")).status_code == 404

    @pytest.mark.parametrize("token", ["a||b.c", "a/b.c", "..", ".", "", "x:y.z", "é.ü", "a b.c"])
    async def test_with_a_token_of_no_conversation_is_refused(
        self, chat: ServiceUnderTest, backend: FakeBackend, token: str
    ) -> None:
        """What means something in a key of the state store never gets there."""
        backend.has_state = False
        assert (await self.undo(chat, token)).status_code == 404
        body = {"text": "list", "conversation_id": token or "|"}
        assert (await chat.client.post("/chat/messages", json=body)).status_code == 404


class TestAPendingChange:
    async def test_is_made_by_yes_in_the_same_conversation_once(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        backend.tasks["t"] = {"id": "t", "title": "Buy milk and bread", "done": False}
        question = await say(chat, "delete bread")
        id = question["conversation_id"]
        assert (backend.changes, question["undo_token"]) == ([], None)
        await say(chat, "yes")
        assert backend.changes == []
        assert (await say(chat, "yes", conversation_id=id))["actions"][0]["kind"] == "delete"
        await say(chat, "yes", conversation_id=id)
        assert len(backend.changes) == 1

    @pytest.mark.parametrize("other", ["no", "list", "hello there"])
    async def test_is_off_after_anything_else(
        self, chat: ServiceUnderTest, backend: FakeBackend, other: str
    ) -> None:
        backend.tasks["t"] = {"id": "t", "title": "Buy milk and bread", "done": False}
        id = (await say(chat, "delete bread"))["conversation_id"]
        await say(chat, other, conversation_id=id)
        await say(chat, "yes", conversation_id=id)
        assert backend.changes == []

    async def test_is_off_after_a_while(
        self, chat: ServiceUnderTest, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backend.tasks["t"] = {"id": "t", "title": "Buy milk and bread", "done": False}
        monkeypatch.setattr(schemas, "PENDING_FOR", timedelta(0))
        id = (await say(chat, "delete bread"))["conversation_id"]
        await say(chat, "yes", conversation_id=id)
        assert backend.changes == []


class TestUsage:
    async def test_is_bounded_whatever_is_said(self, chat: ServiceUnderTest, backend: FakeBackend) -> None:
        chat.app.state.settings.quota_conversation_bytes = 20_000
        for _ in range(12):
            await say(chat, "x" * 2000)
        [count, size] = (await chat.client.get("/usage")).json()["items"]
        assert (count["name"], size["name"]) == ("conversations", "conversation_bytes")
        assert count["used"] == len(await heads(chat)) < 12
        stored = [raw for key, (raw, _) in backend.values.items() if key.startswith("conversation:")]
        assert len(stored) == count["used"]
        assert sum(map(len, stored)) * 0.9 < size["used"] <= 20_000 == size["limit"]

    async def test_of_one_conversation_is_bounded_too(
        self, chat: ServiceUnderTest, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(conversations, "KEPT_BYTES", 10_000)
        id = (await say(chat, "help"))["conversation_id"]
        for number in range(8):
            await say(chat, f"{number}" * 1500, conversation_id=id)
        assert len(backend.values[f"conversation:ada:{id}"][0]) < 11_000
        kept = (await chat.client.get(f"{PATH}/{id}")).json()["messages"]
        assert kept[-2]["text"] == "7" * 1500


class TestConversations:
    async def test_are_listed_by_the_page_the_latest_first(self, chat: ServiceUnderTest) -> None:
        ids = [(await say(chat, f"add {number}"))["conversation_id"] for number in range(5)]
        await say(chat, "list", conversation_id=ids[0])
        first = (await chat.client.get(f"{PATH}?limit=3")).json()
        rest = (await chat.client.get(f"{PATH}?limit=3&cursor={first['next_cursor']}")).json()
        assert [each["id"] for each in first["items"] + rest["items"]] == [ids[0], *ids[:0:-1]]
        assert rest["next_cursor"] is None

    async def test_are_nobody_elses(self, chat: ServiceUnderTest) -> None:
        id = (await say(chat, "list"))["conversation_id"]
        assert await heads(chat, BOB) == []
        assert (await chat.client.get(f"{PATH}/{id}", headers=BOB)).status_code == 404
        body = {"text": "list", "conversation_id": id}
        assert (await chat.client.post("/chat/messages", json=body, headers=BOB)).status_code == 404

    async def test_keep_the_latest_messages_for_a_while(
        self, chat: ServiceUnderTest, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(conversations, "KEPT_MESSAGES", 4)
        id = (await say(chat, "add 0"))["conversation_id"]
        for number in range(1, 4):
            await say(chat, f"add {number}", conversation_id=id)
        kept = (await chat.client.get(f"{PATH}/{id}")).json()["messages"]
        assert [each["text"] for each in kept if each["role"] == "user"] == ["add 2", "add 3"]
        assert set(backend.lives.values()) == {conversations.KEPT_SECONDS}

    async def test_are_listed_though_others_write_at_once(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        backend.conflicts = conversations.MAX_ATTEMPTS - 1
        id = (await say(chat, "list"))["conversation_id"]
        assert [head["id"] for head in await heads(chat)] == [id]

    async def test_take_one_message_at_a_time(
        self, chat: ServiceUnderTest, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        id = (await say(chat, "list"))["conversation_id"]
        key = f"conversation:ada:{id}"

        async def meanwhile(_: TaskClient, filter: str) -> FoundTasks:
            raw, version = backend.values[key]
            backend.values[key] = (raw, version + 1)
            return FoundTasks([])

        monkeypatch.setattr(TaskClient, "list_all_tasks", meanwhile)
        response = await chat.client.post("/chat/messages", json={"text": "list", "conversation_id": id})
        assert (response.status_code, response.json()["code"]) == (409, "conversation-busy")

    @pytest.mark.parametrize(("hanging", "status"), [(2, 200), (3, 503)])
    async def test_are_asked_for_again_where_nothing_comes(
        self, chat: ServiceUnderTest, backend: FakeBackend, hanging: int, status: int
    ) -> None:
        backend.hanging_reads = hanging
        assert (await chat.client.get(PATH)).status_code == status

    async def test_that_can_not_be_reached_are_no_fault_of_tasks(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        backend.has_state = False
        responses = [
            await chat.client.get(PATH),
            await chat.client.post("/chat/messages", json={"text": "add milk"}),
        ]
        for response in responses:
            assert (response.status_code, response.json()["code"]) == (503, "conversations-unavailable")
        assert backend.changes == []
