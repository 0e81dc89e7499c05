"""Reminders on the real scheduler: on time, once, and in spite of everything."""

import asyncio
import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devstack import faults
from devstack.stack import Stack
from services.notification.tests.receivers import Browser, MailServer, Receiver, web_receiver
from tests.system.api import Api
from tests.system.figures import notifications
from tests.system.waiting import eventually

ROUNDS = int(os.environ.get("REMINDER_ROUNDS", "2"))
"""Of the test that kills everything; a round takes about half a minute (`make reminder-rounds` does 20)."""
REMINDERS = 3
LEAD_SECONDS = 6

log = logging.getLogger(__name__)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with web_receiver() as receiver:
        yield receiver


def soon(seconds: float = LEAD_SECONDS) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


async def make_task(user: Api, title: str, at: str) -> dict[str, Any]:
    """A task with a reminder at that instant."""
    answer = await user.insist("POST", "/tasks", {"title": title, "reminders": [{"at": at}]})
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.body
    return made


async def reminders(user: Api) -> list[dict[str, Any]]:
    return await user.items("/reminders")


async def planned(user: Api, number: int = 1) -> list[dict[str, Any]]:
    """Wait until the notification service has heard of the reminders."""
    return await eventually(lambda: reminders(user), lambda found: len(found) == number)


async def fired(user: Api, number: int = 1, seconds: float = 60) -> list[dict[str, Any]]:
    """Wait until this many are in the inbox, and make sure that there are no more."""

    async def look() -> list[dict[str, Any]]:
        return [each for each in await notifications(user) if each["kind"] == "reminder"]

    found = await eventually(look, lambda entries: len(entries) >= number, seconds)
    assert len(found) == number
    return found


async def settled(user: Api, states: dict[str, str], seconds: float = 90) -> list[dict[str, Any]]:
    """Wait until every receipt of every reminder has the state its channel ends in."""

    def is_right(found: list[dict[str, Any]]) -> bool:
        receipts = [receipt for each in found for receipt in each["receipts"]]
        return all(receipt["state"] == states[receipt["kind"]] for receipt in receipts)

    return await eventually(lambda: reminders(user), is_right, seconds)


class TestReminders:
    async def test_reach_every_channel_on_time(
        self, healthy: Stack, ada: Api, receiver: Receiver, mail_server: MailServer
    ) -> None:
        webhook = (await ada.insist("POST", "/webhooks", {"url": receiver.url})).body
        browser = Browser()
        async with web_receiver("/push") as push:
            subscription = {"kind": "push", "endpoint": push.url, "keys": browser.keys}
            assert (await ada.insist("POST", "/channels", subscription)).status == 201
            mail = await eventually(
                lambda: ada.ask("POST", "/channels", {"kind": "email"}), lambda answer: answer.status == 201
            )
            at = soon()
            await make_task(ada, "milk", at)
            await planned(ada)
            (entry,) = await fired(ada)
            ends = {"inbox": "delivered", "webhook": "delivered", "push": "sent", "email": "sent"}
            (reminder,) = await settled(ada, ends)
            assert len(reminder["receipts"]) == len(ends)
        late = datetime.fromisoformat(entry["created_at"]) - datetime.fromisoformat(at)
        assert timedelta(0) <= late < timedelta(seconds=5)
        (call,) = receiver.calls
        assert receiver.verified(call, webhook["secret"])
        assert browser.decrypted(push.calls[0])["title"] == "milk"
        mine = [m for m in mail_server.received if m["To"] == mail.body["target"]]
        assert [message["Subject"] for message in mine] == ["milk"]

    async def test_move_and_end_with_their_task(self, healthy: Stack, ada: Api) -> None:
        moved = await make_task(ada, "moved", soon(3600))
        ended = await make_task(ada, "ended", soon())
        await ada.insist("PATCH", f"/tasks/{moved['id']}", {"reminders": [{"at": soon()}]})
        await ada.insist("POST", f"/tasks/{ended['id']}/complete")
        assert [entry["title"] for entry in await fired(ada)] == ["moved"]

    async def test_are_made_again_for_the_next_occurrence(self, healthy: Stack, ada: Api) -> None:
        today = datetime.now(UTC).date()
        body = {
            "title": "water",
            "due_date": str(today + timedelta(days=1)),
            "recurrence": {"rule": "FREQ=DAILY"},
            "reminders": [{"minutes_before": 30}],
        }
        task = (await ada.insist("POST", "/tasks", body)).body
        await planned(ada)
        await ada.insist("POST", f"/tasks/{task['id']}/complete")
        found = await planned(ada, 2)
        assert sorted(each["state"] for each in found) == ["cancelled", "planned"]


class TestDowntime:
    async def test_of_the_service_makes_them_late_once(self, healthy: Stack, ada: Api) -> None:
        await make_task(ada, "milk", at := soon(4))
        await planned(ada)
        with faults.kept_down(faults.app_pids(healthy.folder, "notification")):
            await asyncio.sleep(66)  # longer than what counts as late; the time is what is tested
        (entry,) = await fired(ada)
        assert entry["late"] is True
        assert datetime.fromisoformat(entry["created_at"]) > datetime.fromisoformat(at) + timedelta(minutes=1)

    async def test_of_the_scheduler_is_made_up_for(self, healthy: Stack, ada: Api) -> None:
        await make_task(ada, "before", soon(8))
        await planned(ada)
        healthy.kill_server("scheduler")
        healthy.start_server("scheduler")
        await make_task(ada, "after", soon(8))
        assert sorted(entry["title"] for entry in await fired(ada, 2)) == ["after", "before"]

    async def test_of_a_scheduler_that_forgot_everything_is_made_up_for(
        self, healthy: Stack, ada: Api
    ) -> None:
        await make_task(ada, "milk", soon(15))
        await planned(ada)
        healthy.kill_server("scheduler")
        shutil.rmtree(healthy.folder.path / "scheduler")
        healthy.start_server("scheduler")
        assert [entry["title"] for entry in await fired(ada)] == ["milk"]


class TestEverythingKilled:
    """kill -9 of five parts within the second in which reminders are due, in another order each round."""

    PARTS = ("notification", "notification sidecar", "scheduler", "kafka", "redis")
    OFFSETS = (-0.6, -0.3, 0, 0.3, 0.6)
    """Seconds from the instant the reminders are due."""

    async def test_each_reminder_is_sent_once_a_channel(
        self, healthy: Stack, ada: Api, receiver: Receiver
    ) -> None:
        await ada.insist("POST", "/webhooks", {"url": receiver.url})
        made = 0
        for number in range(ROUNDS):
            at = soon()
            for copy in range(REMINDERS):
                await make_task(ada, f"{number}.{copy}", at)
            made += REMINDERS
            await planned(ada, made)
            due = datetime.fromisoformat(at).timestamp()
            for index, offset in enumerate(self.OFFSETS):
                await asyncio.sleep(max(0, due + offset - time.time()))
                kill_part(healthy, self.PARTS[(index + number) % len(self.PARTS)])
            await eventually(_nothing_fails(healthy), bool, 120)
            await fired(ada, made, seconds=120)
        found = await settled(ada, {"inbox": "delivered", "webhook": "delivered"}, 150)
        entries = Counter(entry["reminder_id"] for entry in await fired(ada, made))
        calls = Counter(call.delivery for call in receiver.calls)
        ledger = {each["id"] for one in found for each in one["receipts"] if each["kind"] == "webhook"}
        assert set(entries.values()) == {1}
        assert (len(ledger), set(calls)) == (made, ledger)
        repeats = sum(calls.values()) - made
        log.warning("%s rounds, %s reminders, %s webhook calls repeated", ROUNDS, made, repeats)


def kill_part(stack: Stack, part: str) -> None:
    if part == "notification":
        faults.kill(faults.app_pids(stack.folder, part))
    elif part == "notification sidecar":
        faults.kill(faults.sidecar_pids(stack.folder, "notification"))
    else:
        stack.kill_server(part)
        stack.start_server(part)


def _nothing_fails(stack: Stack) -> Any:
    async def look() -> bool:
        return not await asyncio.to_thread(stack.failing)

    return look
