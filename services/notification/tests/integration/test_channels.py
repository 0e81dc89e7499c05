"""Channels: what really reaches a web server, a push service and a mail server. On both databases."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from notification_service.channels.delivery_job import Sender, SendResult
from notification_service.channels.delivery_worker import DeliveryWorker, record_result
from notification_service.channels.mail import MailSender
from notification_service.channels.push import PushSender
from notification_service.channels.repository import lock_any_delivery
from notification_service.channels.ssrf import safe_client_session
from notification_service.channels.webhooks import WebhookSender
from notification_service.container import container_of
from notification_service.models import Delivery
from notification_service.settings import Settings
from notification_service.subscriptions import subscriptions
from sqlalchemy import update
from sqlmodel import col

from conftest import ServiceUnderTest
from contracts.notification import DeliveryFailed
from contracts.user import UserDeleted, UserSignedUp
from services.notification.tests.integration.test_reminders import DUE, fire_at, instant, listed
from services.notification.tests.receivers import Browser, MailServer, Receiver, vapid_claims, web_receiver

HANDLERS = subscriptions.handlers


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with web_receiver() as receiver:
        yield receiver


@pytest.fixture
def mail_server() -> Iterator[tuple[MailServer, int]]:
    server = MailServer()
    yield server, server.start()
    server.stop()


async def add_webhook(notification: ServiceUnderTest, url: str, **fields: Any) -> dict[str, Any]:
    response = await notification.client.post("/webhooks", json={"url": url} | fields)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def remind(notification: ServiceUnderTest, title: str = "stretch") -> None:
    """A reminder that fires now."""
    body = {"title": title, "at": instant(DUE)}
    assert (await notification.client.post("/reminders", json=body)).status_code == 201
    assert await fire_at(notification, DUE) == 1


async def ready(notification: ServiceUnderTest) -> None:
    """What became due when the reminder fired may be sent now."""
    async with notification.database.transaction() as session:
        fired = update(Delivery).where(col(Delivery.next_at) == DUE)
        await session.execute(fired.values(next_at=datetime.now(UTC)))


async def send(notification: ServiceUnderTest, only: Mapping[str, Sender] | None = None) -> None:
    """Send what became due when the reminder fired."""
    await ready(notification)
    settings: Settings = container_of(notification.app).settings
    async with safe_client_session(settings.allowed_networks) as session:
        keys = container_of(notification.app).keys
        senders: Mapping[str, Sender] = only or {
            "webhook": WebhookSender(session, keys),
            "push": PushSender(session, keys, settings.vapid_contact),
        }
        await DeliveryWorker(notification.database, senders, asyncio.Event()).drain()


async def receipt(notification: ServiceUnderTest, kind: str) -> dict[str, Any]:
    """The receipt of the only reminder on a channel."""
    (reminder,) = await listed(notification)
    return dict(next(each for each in reminder["receipts"] if each["kind"] == kind))


async def logged(notification: ServiceUnderTest, webhook: dict[str, Any]) -> dict[str, Any]:
    """The only delivery of a webhook, with its log."""
    (delivery,) = (await notification.client.get(f"/webhooks/{webhook['id']}/deliveries")).json()["items"]
    return dict(delivery)


async def the_channel(notification: ServiceUnderTest) -> dict[str, Any]:
    (channel,) = (await notification.client.get("/channels")).json()["items"]
    return dict(channel)


async def entries(notification: ServiceUnderTest) -> list[dict[str, Any]]:
    """The inbox, newest first."""
    return list((await notification.client.get("/notifications")).json()["items"])


class TestWebhooks:
    async def test_are_called_signed_once(self, notification: ServiceUnderTest, receiver: Receiver) -> None:
        webhook = await add_webhook(notification, receiver.url)
        await remind(notification)
        await send(notification)
        await send(notification)
        found = await receipt(notification, "webhook")
        assert found["state"] == "delivered"
        (call,) = receiver.calls
        assert receiver.verified(call, webhook["secret"])
        assert not receiver.verified(call, "another")
        assert call.delivery == found["id"]
        assert (call.json["type"], call.json["data"]["title"]) == ("reminder", "stretch")

    async def test_get_only_the_kinds_they_ask_for(
        self, notification: ServiceUnderTest, receiver: Receiver
    ) -> None:
        webhook = await add_webhook(notification, receiver.url, kinds=["task.created"])
        await remind(notification)
        page = await notification.client.get(f"/webhooks/{webhook['id']}/deliveries")
        assert page.json()["items"] == []

    async def test_with_two_secrets_are_signed_with_both(
        self, notification: ServiceUnderTest, receiver: Receiver
    ) -> None:
        first = await add_webhook(notification, receiver.url)
        second = (await notification.client.post(f"/webhooks/{first['id']}/rotate")).json()
        assert second["active_secrets"] == 2
        await remind(notification)
        await send(notification)
        assert all(receiver.verified(receiver.calls[0], made["secret"]) for made in (first, second))
        await notification.client.post(f"/webhooks/{first['id']}/retire")
        await notification.client.post(f"/webhooks/{first['id']}/test")
        await send(notification)
        assert receiver.verified(receiver.calls[1], second["secret"])
        assert not receiver.verified(receiver.calls[1], first["secret"])

    async def test_have_two_secrets_at_most(self, notification: ServiceUnderTest) -> None:
        made = await add_webhook(notification, "http://127.0.0.1:9/hook")
        for _ in range(2):
            rotated = (await notification.client.post(f"/webhooks/{made['id']}/rotate")).json()
            assert rotated["active_secrets"] == 2

    @pytest.mark.parametrize("status", [500, 302, 404])
    async def test_that_fail_are_tried_again_under_the_same_id(
        self, notification: ServiceUnderTest, receiver: Receiver, status: int
    ) -> None:
        receiver.statuses, receiver.headers = [status], {"location": receiver.url}
        webhook = await add_webhook(notification, receiver.url)
        await remind(notification)
        await send(notification)
        delivery = await logged(notification, webhook)
        assert (delivery["state"], delivery["log"][0]["status"]) == ("due", status)
        assert datetime.fromisoformat(delivery["next_at"]) > datetime.now(UTC)
        await notification.client.post(f"/deliveries/{delivery['id']}/redeliver")
        await send(notification)
        assert (await receipt(notification, "webhook"))["state"] == "delivered"
        assert [call.delivery for call in receiver.calls] == [delivery["id"]] * 2
        assert receiver.calls[0].body == receiver.calls[1].body

    async def test_that_are_gone_are_dropped_with_a_note(
        self, notification: ServiceUnderTest, receiver: Receiver
    ) -> None:
        receiver.statuses = [410]
        await add_webhook(notification, receiver.url)
        await remind(notification)
        await send(notification)
        assert (await receipt(notification, "webhook"))["state"] == "dropped"
        channel = await the_channel(notification)
        assert (channel["is_active"], "410" in channel["note"]) == (False, True)
        reminder, entry = await entries(notification)
        assert (entry["title"], entry["text"]) == (
            "Your webhook at 127.0.0.1: switched off",
            "the receiver answered 410 Gone",
        )
        assert (entry["kind"], entry["channel_id"]) == ("channel.disabled", channel["id"])
        assert reminder["kind"] == "reminder"

    @pytest.mark.parametrize(
        "url",
        [
            *("http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[::1]/", "ftp://x/"),
            *("http://[::ffff:10.0.0.1]/", "http://user:word@example.com/", "nothing"),
        ],
    )
    async def test_to_private_addresses_are_refused(self, notification: ServiceUnderTest, url: str) -> None:
        response = await notification.client.post("/webhooks", json={"url": url})
        assert (response.status_code, response.json()["code"]) == (422, "url-refused")

    async def test_to_a_name_of_a_private_address_open_no_connection(
        self, notification: ServiceUnderTest, receiver: Receiver
    ) -> None:
        webhook = await add_webhook(notification, receiver.url.replace("127.0.0.1", "localhost"))
        await remind(notification)
        async with safe_client_session([]) as session:
            await send(notification, {"webhook": WebhookSender(session, container_of(notification.app).keys)})
        assert receiver.calls == []
        error = (await logged(notification, webhook))["log"][0]["error"]
        assert error == "the host name leads to no public address"

    async def test_that_hang_hold_up_nobody_else(
        self, notification: ServiceUnderTest, receiver: Receiver
    ) -> None:
        hanging = await asyncio.start_server(_say_nothing, "127.0.0.1", 0)
        port = hanging.sockets[0].getsockname()[1]
        webhook = await add_webhook(notification, f"http://127.0.0.1:{port}/")
        await add_webhook(notification, receiver.url)
        await remind(notification)
        async with safe_client_session(container_of(notification.app).settings.allowed_networks) as session:
            impatient = WebhookSender(session, container_of(notification.app).keys, seconds=0.5)
            await send(notification, {"webhook": impatient})
        hanging.close()
        assert len(receiver.calls) == 1
        delivery = await logged(notification, webhook)
        assert (delivery["state"], delivery["log"][0]["error"]) == ("due", "no response in time")

    async def test_are_not_somebody_elses(self, notification: ServiceUnderTest, receiver: Receiver) -> None:
        webhook = await add_webhook(notification, receiver.url)
        as_bob = {"authorization": "Bearer bob"}
        for method, path in [("DELETE", ""), ("POST", "/rotate"), ("POST", "/test"), ("GET", "/deliveries")]:
            response = await notification.client.request(
                method, f"/webhooks/{webhook['id']}{path}", headers=as_bob
            )
            assert response.status_code == 404


class TestGivingUp:
    async def test_after_a_day_is_told_and_can_be_taken_back(
        self, notification: ServiceUnderTest, receiver: Receiver
    ) -> None:
        await add_webhook(notification, receiver.url)
        await remind(notification)
        id = (await receipt(notification, "webhook"))["id"]
        async with notification.database.transaction() as session:
            await record_result(
                session, id, SendResult("retry", "the receiver answered 500", 500), DUE + timedelta(days=1)
            )
        assert (await receipt(notification, "webhook"))["state"] == "failed"
        failed, dead_letter = (await notification.recorded())[-2:]
        assert failed["type"] == DeliveryFailed.type
        assert (dead_letter["data"]["cause"], dead_letter["data"]["event"]) == (
            "the receiver answered 500",
            failed,
        )
        await notification.receive(HANDLERS, DeliveryFailed.model_validate(failed["data"]))
        await send(notification)
        assert [call.delivery for call in receiver.calls] == [id]


class TestPush:
    async def _subscribe(self, notification: ServiceUnderTest, receiver: Receiver, browser: Browser) -> None:
        body = {"kind": "push", "endpoint": receiver.url, "keys": browser.keys}
        response = await notification.client.post("/channels", json=body)
        assert response.status_code == 201, response.text

    async def test_is_encrypted_for_the_browser_and_signed_as_this_server(
        self, notification: ServiceUnderTest, receiver: Receiver
    ) -> None:
        browser = Browser()
        await self._subscribe(notification, receiver, browser)
        await remind(notification)
        await send(notification)
        (call,) = receiver.calls
        found = await receipt(notification, "push")
        message = browser.decrypted(call)
        assert (message["title"], message["delivery_id"]) == ("stretch", found["id"])
        claims = vapid_claims(call)
        preferences = (await notification.client.get("/preferences")).json()
        assert (claims["aud"], claims["k"]) == (receiver.url.removesuffix("/hook"), preferences["push_key"])
        assert (call.headers["Urgency"], found["state"]) == ("high", "sent")

    async def test_receipts_only_go_forward(self, notification: ServiceUnderTest, receiver: Receiver) -> None:
        await self._subscribe(notification, receiver, Browser())
        await remind(notification)
        await send(notification)
        path = f"/deliveries/{(await receipt(notification, 'push'))['id']}/receipt"
        for state in ("delivered", "opened", "delivered"):
            assert (await notification.client.post(path, json={"state": state})).status_code == 200
        found = await receipt(notification, "push")
        assert (found["state"], bool(found["delivered_at"])) == ("opened", True)

    @pytest.mark.parametrize(
        ("status", "state"), [(400, "failed"), (401, "failed"), (413, "failed"), (429, "due"), (500, "due")]
    )
    async def test_that_can_never_be_taken_is_given_up(
        self, notification: ServiceUnderTest, receiver: Receiver, status: int, state: str
    ) -> None:
        receiver.statuses = [status]
        await self._subscribe(notification, receiver, Browser())
        await remind(notification)
        await send(notification)
        assert (await receipt(notification, "push"))["state"] == state
        assert (await the_channel(notification))["is_active"]

    @pytest.mark.parametrize("status", [404, 410])
    async def test_to_a_dead_endpoint_drops_it_with_a_note(
        self, notification: ServiceUnderTest, receiver: Receiver, status: int
    ) -> None:
        receiver.statuses = [status]
        await self._subscribe(notification, receiver, Browser())
        await remind(notification)
        await send(notification)
        channel = await the_channel(notification)
        assert (channel["is_active"], str(status) in channel["note"]) == (False, True)
        await self._subscribe(notification, receiver, Browser())
        assert (await the_channel(notification))["is_active"] is True


class TestMail:
    async def _turn_on(self, notification: ServiceUnderTest, port: int, email: str) -> MailSender:
        settings: Settings = container_of(notification.app).settings
        settings.smtp_host, settings.smtp_port, settings.smtp_security = "127.0.0.1", port, "none"
        account = {"email": email, "name": "", "time_zone": "UTC"}
        await notification.receive(HANDLERS, UserSignedUp(user_id="ada", **account))
        response = await notification.client.post("/channels", json={"kind": "email"})
        assert response.status_code == 201, response.text
        return MailSender(settings, container_of(notification.app).keys)

    async def test_has_both_forms_and_ends_with_one_click(
        self, notification: ServiceUnderTest, mail_server: tuple[MailServer, int]
    ) -> None:
        server, port = mail_server
        mail = await self._turn_on(notification, port, "ada@example.com")
        await remind(notification, "stretch\nBcc: all@example.com & <b>more</b>")
        await send(notification, {"email": mail})
        (message,) = server.received
        assert (message["To"], message["Bcc"]) == ("ada@example.com", None)
        assert message["Subject"] == "stretch Bcc: all@example.com & <b>more</b>"
        kinds = [part.get_content_type() for part in message.iter_parts()]
        assert kinds == ["text/plain", "text/html"]
        assert "&lt;b&gt;more&lt;/b&gt;" in list(message.iter_parts())[1].get_content()
        assert message["Message-ID"].startswith(f"<{(await receipt(notification, 'email'))['id']}@")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = message["List-Unsubscribe"].strip("<>").partition("/api/v1")[2]
        click = {"List-Unsubscribe": "One-Click"}
        anybody = {"authorization": ""}
        assert (await notification.client.post(f"{link}x", data=click, headers=anybody)).status_code == 404
        assert (await notification.client.post(link, data=click, headers=anybody)).status_code == 200
        assert (await the_channel(notification))["is_active"] is False

    async def test_that_bounces_ends_with_a_note(
        self, notification: ServiceUnderTest, mail_server: tuple[MailServer, int]
    ) -> None:
        mail = await self._turn_on(notification, mail_server[1], "bounce@example.com")
        await remind(notification)
        await send(notification, {"email": mail})
        channel = await the_channel(notification)
        assert (channel["is_active"], "bounced: 550" in channel["note"]) == (False, True)

    async def test_waits_while_the_server_is_away(self, notification: ServiceUnderTest) -> None:
        mail = await self._turn_on(notification, 1, "ada@example.com")
        await remind(notification)
        await send(notification, {"email": mail})
        found = await receipt(notification, "email")
        assert (found["state"], found["attempts"]) == ("due", 1)

    async def test_waits_in_quiet_hours(self, notification: ServiceUnderTest) -> None:
        await self._turn_on(notification, 1, "ada@example.com")
        clock = DUE.replace(second=0)
        quiet = {
            "quiet_from": f"{clock - timedelta(hours=1):%H:%M}",
            "quiet_to": f"{clock + timedelta(hours=1):%H:%M}",
        }
        assert (await notification.client.patch("/preferences", json=quiet)).status_code == 200
        await remind(notification)
        assert (await receipt(notification, "email"))["next_at"] == instant(clock + timedelta(hours=1))

    async def test_is_refused_where_there_is_no_server(self, notification: ServiceUnderTest) -> None:
        response = await notification.client.post("/channels", json={"kind": "email"})
        assert (response.status_code, response.json()["code"]) == (409, "no-mail-server")


class TestErasure:
    async def test_sends_nothing_any_more(self, notification: ServiceUnderTest, receiver: Receiver) -> None:
        await add_webhook(notification, receiver.url)
        await remind(notification)
        id = (await receipt(notification, "webhook"))["id"]
        await notification.receive(HANDLERS, UserDeleted(user_id="ada"))
        await send(notification)
        assert receiver.calls == []
        async with notification.database.reading() as session:
            assert await lock_any_delivery(session, id) is None


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()
