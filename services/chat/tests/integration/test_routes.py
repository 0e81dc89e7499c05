"""Talking to the assistant through the API: what is done, kept, told and taken back. On both databases."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from chat_service import conversations, use_cases
from chat_service.main import create
from chat_service.schemas import MessageCreate
from chat_service.settings import Settings
from chat_service.subscriptions import subscriptions
from chat_service.tasks import TaskClient
from chat_service.use_cases import Chat
from opentelemetry.trace import NoOpTracer
from sqlalchemy.ext.asyncio import AsyncSession

from conftest import OpenService, ServiceUnderTest
from contracts.event import wrap
from contracts.user import UserDeleted
from servicekit.auth import Principal
from servicekit.deliveries import Effects, Status, read
from servicekit.sidecar import Answer
from services.chat.tests.behind import Behind
from tests.blocked import until_blocked
from tests.fake_sidecar import answer

BOB = {"authorization": "Bearer bob"}
PATH = "/chat/conversations"


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
async def chat(open_service: OpenService, behind: Behind) -> ServiceUnderTest:
    service = await open_service(create, Settings)
    service.app.state.sidecar = behind
    return service


async def say(chat: ServiceUnderTest, text: str, **more: Any) -> dict[str, Any]:
    headers = more.pop("headers", {})
    told = await chat.client.post("/chat/messages", json={"text": text} | more, headers=headers)
    assert told.status_code == 200, told.text
    reply: dict[str, Any] = told.json()
    return reply


async def heads(chat: ServiceUnderTest, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await chat.client.get(PATH, headers=headers or {})).json()["items"]
    return items


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
        (told,) = await chat.recorded()
        assert (told["type"], told["subject"]) == ("todo.chat.message-handled.v1", reply["conversation_id"])
        assert told["data"]["actions"] == [{"kind": "add", "task_id": "1", "title": "milk"}]

    async def test_means_what_was_listed_before(self, chat: ServiceUnderTest, behind: Behind) -> None:
        for title in ("bread", "milk"):
            behind.tasks[title] = {"id": title, "title": title, "done": False}
        id = (await say(chat, "list"))["conversation_id"]
        await say(chat, "hello there", conversation_id=id)
        await say(chat, "complete 2", conversation_id=id)
        assert [task["title"] for task in behind.tasks.values() if task["done"]] == ["milk"]

    async def test_is_done_in_the_name_of_who_says_it(self, chat: ServiceUnderTest, behind: Behind) -> None:
        await say(chat, "add milk")
        await say(chat, "add milk")
        assert {change.headers["authorization"] for change in behind.changes} == {"Bearer ada"}
        assert len({change.headers["idempotency-key"] for change in behind.changes}) == 2

    @pytest.mark.parametrize(
        ("refusal", "said"),
        [
            (answer(422, detail="too long"), "That does not work: too long"),
            (answer(404), "That task is gone already."),
        ],
    )
    async def test_says_why_it_can_not_be_done(
        self, chat: ServiceUnderTest, behind: Behind, refusal: Answer, said: str
    ) -> None:
        behind.refusal = refusal
        reply = await say(chat, "add milk")
        assert (reply["reply"], reply["actions"], reply["undo_token"]) == (said, [], None)

    async def test_is_not_kept_while_tasks_are_away(self, chat: ServiceUnderTest, behind: Behind) -> None:
        behind.refusal = answer(500)
        told = await chat.client.post("/chat/messages", json={"text": "add milk"})
        assert (told.status_code, told.json()["code"]) == (503, "task-unavailable")
        assert (await heads(chat), await chat.recorded()) == ([], [])


class TestARepeatedMessage:
    """Of a client whose first request ended in a crash: the state store has it, the database does not."""

    async def test_is_answered_as_before_and_done_once(
        self, chat: ServiceUnderTest, behind: Behind, monkeypatch: pytest.MonkeyPatch
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
        assert len(behind.changes) == len(await chat.recorded()) == 1

    async def test_of_somebody_else_is_another_one(self, chat: ServiceUnderTest) -> None:
        key = {"idempotency-key": "k"}
        mine, theirs = [await say(chat, "list", headers=key | by) for by in ({}, BOB)]
        assert mine["conversation_id"] != theirs["conversation_id"]


class TestUndo:
    async def undo(self, chat: ServiceUnderTest, token: str) -> Any:
        return await chat.client.post("/chat/undo", json={"undo_token": token})

    async def test_takes_back_and_tells_it(self, chat: ServiceUnderTest, behind: Behind) -> None:
        reply = await say(chat, "add milk")
        undone = await self.undo(chat, reply["undo_token"])
        assert (undone.json()["reply"], behind.tasks) == ("Undone: “milk”.", {})
        assert [each["kind"] for each in (await chat.recorded())[1]["data"]["actions"]] == ["delete"]

    async def test_works_once(self, chat: ServiceUnderTest, behind: Behind) -> None:
        token = (await say(chat, "add milk"))["undo_token"]
        await self.undo(chat, token)
        again = await self.undo(chat, token)
        assert (again.status_code, again.json()["code"]) == (422, "nothing-to-undo")
        assert len(behind.changes) == 2

    async def test_of_what_was_never_done_is_refused(self, chat: ServiceUnderTest) -> None:
        id = (await say(chat, "list"))["conversation_id"]
        assert (await self.undo(chat, f"{id}.nothing")).json()["code"] == "nothing-to-undo"
        assert (await self.undo(chat, "x.y")).status_code == 404


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
        self, chat: ServiceUnderTest, behind: Behind, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(conversations, "KEPT_MESSAGES", 4)
        id = (await say(chat, "add 0"))["conversation_id"]
        for number in range(1, 4):
            await say(chat, f"add {number}", conversation_id=id)
        kept = (await chat.client.get(f"{PATH}/{id}")).json()["messages"]
        assert [each["text"] for each in kept if each["role"] == "user"] == ["add 2", "add 3"]
        assert set(behind.lives.values()) == {conversations.KEPT_SECONDS}

    async def test_are_listed_though_others_write_at_once(
        self, chat: ServiceUnderTest, behind: Behind
    ) -> None:
        behind.conflicts = conversations.TRIES - 1
        id = (await say(chat, "list"))["conversation_id"]
        assert [head["id"] for head in await heads(chat)] == [id]

    async def test_take_one_message_at_a_time(
        self, chat: ServiceUnderTest, behind: Behind, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        id = (await say(chat, "list"))["conversation_id"]
        key = f"conversation:ada:{id}"

        async def meanwhile(_: TaskClient) -> list[Any]:
            raw, version = behind.values[key]
            behind.values[key] = (raw, version + 1)
            return []

        monkeypatch.setattr(TaskClient, "all", meanwhile)
        told = await chat.client.post("/chat/messages", json={"text": "list", "conversation_id": id})
        assert (told.status_code, told.json()["code"]) == (409, "conversation-busy")

    @pytest.mark.parametrize(("hanging", "status"), [(2, 200), (3, 503)])
    async def test_are_asked_for_again_where_nothing_comes(
        self, chat: ServiceUnderTest, behind: Behind, hanging: int, status: int
    ) -> None:
        behind.hanging_reads = hanging
        assert (await chat.client.get(PATH)).status_code == status

    async def test_that_can_not_be_reached_are_no_fault_of_tasks(
        self, chat: ServiceUnderTest, behind: Behind
    ) -> None:
        behind.has_state = False
        answers = [
            await chat.client.get(PATH),
            await chat.client.post("/chat/messages", json={"text": "add milk"}),
        ]
        for told in answers:
            assert (told.status_code, told.json()["code"]) == (503, "conversations-unavailable")
        assert behind.changes == []


class TestErasure:
    async def test_leaves_nothing_of_the_user_and_all_of_others(
        self, chat: ServiceUnderTest, behind: Behind
    ) -> None:
        for text in ("add milk", "list"):
            await say(chat, text)
        await say(chat, "list", headers=BOB)
        await erase(chat, behind)
        assert [key for key in behind.values if ":ada" in key] == []
        assert len(await heads(chat, BOB)) == 1

    async def test_leaves_no_conversation_that_is_too_old_to_be_listed(
        self, chat: ServiceUnderTest, behind: Behind, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(conversations, "LISTED", 2)
        said = [(await say(chat, text))["conversation_id"] for text in ("add milk", "list", "help")]
        assert [head["id"] for head in await heads(chat)] == said[:0:-1]
        await erase(chat, behind)
        assert behind.values == {}

    async def test_holds_against_a_token_that_has_not_expired(
        self, chat: ServiceUnderTest, behind: Behind
    ) -> None:
        undo_token = (await say(chat, "add milk"))["undo_token"]
        await erase(chat, behind)
        told = len(await chat.recorded())
        for path, body in (("messages", {"text": "add bread"}), ("undo", {"undo_token": undo_token})):
            answer = await chat.client.post(f"/chat/{path}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (401, "account-gone")
        assert [key for key in behind.values if ":ada" in key] == []
        assert (len(behind.tasks), len(await chat.recorded())) == (1, told)

    async def test_waits_for_a_message_that_is_being_answered(
        self, chat: ServiceUnderTest, behind: Behind
    ) -> None:
        user = Principal("ada", "user", "UTC", "ada", 2**40)
        async with chat.database.transaction() as session:
            await Chat(session, behind, user, "k").say(MessageCreate(text="add milk"))
            erasing = asyncio.create_task(erase(chat, behind))
            await until_blocked(chat.database)
        await erasing
        assert [key for key in behind.values if ":ada" in key] == []

    async def test_lets_a_message_that_comes_meanwhile_wait(
        self, chat: ServiceUnderTest, behind: Behind
    ) -> None:
        async with chat.database.transaction() as session:
            await use_cases.erase_user(session, behind, "ada")
            saying = asyncio.create_task(chat.client.post("/chat/messages", json={"text": "add milk"}))
            await until_blocked(chat.database)
        assert (await saying).status_code == 401
        assert behind.values == {}


async def erase(chat: ServiceUnderTest, behind: Behind) -> None:
    effects = Effects(chat.database, behind, NoOpTracer(), subscriptions.handlers)
    event = UserDeleted(user_id="ada")
    told = wrap(event, id="1", source="/", time=datetime.now(UTC), traceparent="")
    assert await effects.deliver([read(event.topic, told.model_dump(mode="json"))]) == [Status.SUCCESS]
