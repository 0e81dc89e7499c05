"""What is left of a user whose account is gone: nothing. On both databases."""

import asyncio
from datetime import UTC, datetime

import pytest
from chat_service import use_cases
from chat_service.conversations import ConversationStore
from chat_service.schemas import MessageCreate
from chat_service.subscriptions import subscriptions
from chat_service.use_cases import ChatSession
from opentelemetry.trace import NoOpTracer

from conftest import ServiceUnderTest
from contracts.event import wrap
from contracts.user import UserDeleted
from servicekit.messaging.consumer import DeliveryStatus, EventConsumer, parse_message
from servicekit.security.auth import Principal
from services.chat.tests.fake_backend import FakeBackend
from services.chat.tests.talk import BOB, heads, say
from tests.blocked import until_blocked


class TestErasure:
    async def test_leaves_nothing_of_the_user_and_all_of_others(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        for text in ("add milk", "list"):
            await say(chat, text)
        await say(chat, "list", headers=BOB)
        await erase(chat, backend)
        assert [key for key in backend.values if ":ada" in key] == []
        assert len(await heads(chat, BOB)) == 1

    async def test_leaves_no_conversation_that_is_too_old_to_be_listed(
        self, chat: ServiceUnderTest, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chat.app.state.settings, "quota_conversations", 2)
        ids = [(await say(chat, text))["conversation_id"] for text in ("add milk", "list", "help")]
        assert [head["id"] for head in await heads(chat)] == ids[:0:-1]
        await erase(chat, backend)
        assert backend.values == {}

    async def test_holds_against_a_token_that_has_not_expired(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        undo_token = (await say(chat, "add milk"))["undo_token"]
        await erase(chat, backend)
        recorded = len(await chat.recorded())
        for path, body in (("messages", {"text": "add bread"}), ("undo", {"undo_token": undo_token})):
            response = await chat.client.post(f"/chat/{path}", json=body)
            assert (response.status_code, response.json()["code"]) == (401, "account-gone")
        assert [key for key in backend.values if ":ada" in key] == []
        assert (len(backend.tasks), len(await chat.recorded())) == (1, recorded)

    async def test_waits_for_a_message_that_is_being_answered(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        user = Principal("ada", "user", "UTC", "ada", 2**40)
        async with chat.database.transaction() as session:
            await ChatSession(session, ConversationStore(backend, "ada"), user, "k").reply_to_message(
                MessageCreate(text="add milk")
            )
            erasing = asyncio.create_task(erase(chat, backend))
            await until_blocked(chat.database)
        await erasing
        assert [key for key in backend.values if ":ada" in key] == []

    async def test_lets_a_message_that_comes_meanwhile_wait(
        self, chat: ServiceUnderTest, backend: FakeBackend
    ) -> None:
        async with chat.database.transaction() as session:
            await use_cases.purge_user(session, ConversationStore(backend, "ada"))
            saying = asyncio.create_task(chat.client.post("/chat/messages", json={"text": "add milk"}))
            await until_blocked(chat.database)
        assert (await saying).status_code == 401
        assert backend.values == {}


async def erase(chat: ServiceUnderTest, backend: FakeBackend) -> None:
    consumer = EventConsumer(chat.database, backend, NoOpTracer(), subscriptions.handlers)
    event = UserDeleted(user_id="ada")
    envelope = wrap(event, id="1", source="/", time=datetime.now(UTC), traceparent="")
    assert await consumer.consume([parse_message(event.topic, envelope.model_dump(mode="json"))]) == [
        DeliveryStatus.SUCCESS
    ]
