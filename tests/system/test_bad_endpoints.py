"""Endpoints that are dead, hang, fail, lead astray or bounce: each is dealt with, and nobody else waits."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from devstack.stack import Stack
from services.notification.tests.receivers import Browser, Gate, MailServer, Receiver, web_receiver
from tests.system.api import Api
from tests.system.endpoints import endpoints_of
from tests.system.reminding import make_task, planned, soon
from tests.system.waiting import eventually


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with web_receiver() as receiver:
        yield receiver


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    async with web_receiver("/other") as receiver:
        yield receiver


async def add_webhook(user: Api, receiver: Receiver) -> str:
    """Its id."""
    made = await user.insist("POST", "/webhooks", {"url": receiver.url})
    assert made.status == 201, made.body
    return str(made.body["id"])


async def remind(user: Api) -> None:
    """A reminder that is due in a moment."""
    await make_task(user, "milk", soon(4))
    await planned(user)


async def logged(user: Api, webhook: str, tries: int) -> dict[str, Any]:
    """The only delivery of a webhook, after so many tries."""

    async def look() -> list[dict[str, Any]]:
        return await user.items(f"/webhooks/{webhook}/deliveries")

    found = await eventually(look, lambda all: bool(all) and len(all[0]["log"]) >= tries, 60)
    assert len(found) == 1
    return found[0]


async def dropped(user: Api, kind: str) -> dict[str, Any]:
    """The user's only channel of this kind, as soon as it is not active any more."""

    async def look() -> list[dict[str, Any]]:
        return await user.items(f"/channels?kind={kind}")

    (channel,) = await eventually(look, lambda found: not any(each["is_active"] for each in found), 60)
    return channel


class TestADeadPushEndpoint:
    async def test_is_dropped_with_a_note(self, healthy: Stack, ada: Api, receiver: Receiver) -> None:
        receiver.statuses = [410]
        subscription = {"kind": "push", "endpoint": receiver.url, "keys": Browser().keys}
        assert (await ada.insist("POST", "/channels", subscription)).status == 201
        await remind(ada)
        assert "410" in (await dropped(ada, "push"))["note"]
        assert len(receiver.calls) == 1


class TestAWebhook:
    async def test_that_hangs_holds_up_nobody_else(
        self, healthy: Stack, ada: Api, receiver: Receiver, other: Receiver
    ) -> None:
        receiver.gate = Gate(is_open=False)
        hanging, prompt = await add_webhook(ada, receiver), await add_webhook(ada, other)
        await remind(ada)
        assert (await logged(ada, prompt, 1))["state"] == "delivered"
        assert (await logged(ada, hanging, 0))["log"] == [], "it waited for the other one"
        delivery = await logged(ada, hanging, 1)
        receiver.gate.is_open = True
        assert (delivery["state"], delivery["log"][0]["error"]) == ("due", "no response in time")
        assert (await logged(ada, hanging, 2))["state"] == "delivered"
        assert {call.delivery for call in receiver.calls} == {delivery["id"]}

    async def test_that_answers_500_is_called_again_under_the_same_id(
        self, healthy: Stack, ada: Api, receiver: Receiver
    ) -> None:
        receiver.statuses = [500]
        webhook = await add_webhook(ada, receiver)
        await remind(ada)
        delivery = await logged(ada, webhook, 2)
        assert [each["status"] for each in delivery["log"]] == [500, 200]
        assert [call.delivery for call in receiver.calls] == [delivery["id"]] * 2

    async def test_that_redirects_to_a_private_address_is_not_followed(
        self, healthy: Stack, ada: Api, receiver: Receiver, other: Receiver
    ) -> None:
        receiver.statuses, receiver.headers = [302], {"location": other.url}
        webhook = await add_webhook(ada, receiver)
        await remind(ada)
        delivery = await logged(ada, webhook, 1)
        assert (delivery["log"][0]["status"], delivery["log"][0]["error"]) == (
            302,
            "redirects are not followed",
        )
        assert other.calls == []


class TestAMailbox:
    async def test_that_is_not_there_is_dropped_with_a_note(
        self, healthy: Stack, nobody: Api, mail_server: MailServer
    ) -> None:
        user = await nobody.sign_up(email=f"bounce-{uuid4()}@example.com")
        await eventually(
            lambda: user.ask("POST", "/channels", {"kind": "email"}), lambda response: response.status == 201
        )
        await remind(user)
        assert "bounced: 550" in (await dropped(user, "email"))["note"]


class TestAnErasedUser:
    async def test_is_not_reminded_of_what_was_planned(
        self, healthy: Stack, nobody: Api, ada: Api, mail_server: MailServer, receiver: Receiver
    ) -> None:
        canary = await add_webhook(ada, receiver)
        erased = await nobody.sign_up()
        async with endpoints_of(erased, mail_server) as endpoints:
            await make_task(erased, "never", soon(20))
            await planned(erased)
            assert (await erased.ask("DELETE", "/users/me")).status == 204
            await make_task(ada, "canary", soon(21))
            assert (await logged(ada, canary, 1))["state"] == "delivered"
            assert endpoints.times() == {"webhook": {}, "push": {}, "email": {}}
