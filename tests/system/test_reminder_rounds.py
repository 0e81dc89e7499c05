"""Reminders while everything dies around them: one receipt a channel, and repeats that can be told."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from devstack import faults
from devstack.stack import Stack
from services.notification.tests.receivers import MailServer
from tests.system.api import Api
from tests.system.endpoints import ENDS, Endpoints, endpoints_of
from tests.system.reminding import fired, make_task, planned, settled, soon
from tests.system.waiting import eventually

ROUNDS = int(os.environ.get("REMINDER_ROUNDS", "2"))
"""Of the test that kills everything; a round takes about half a minute (`make reminder-rounds` does 20)."""
REMINDERS = 3

log = logging.getLogger(__name__)


@pytest.fixture
async def endpoints(healthy: Stack, ada: Api, mail_server: MailServer) -> AsyncIterator[Endpoints]:
    async with endpoints_of(ada, mail_server) as endpoints:
        yield endpoints


def ledger(reminders: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Title by id of the delivery, by channel; there is one receipt a reminder and channel."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in ENDS}
    for each in reminders:
        receipts = each["receipts"]
        assert sorted(receipt["kind"] for receipt in receipts) == sorted(ENDS)
        for receipt in receipts:
            found[receipt["kind"]][receipt["id"]] = each["title"]
    return found


def agree(endpoints: Endpoints, reminders: list[dict[str, Any]]) -> dict[str, int]:
    """Every endpoint got what the ledger says, all of it and nothing else; returns the repeats by channel."""
    titles, expected = endpoints.titles(), ledger(reminders)
    for kind, got in titles.items():
        assert got == {id: {title} for id, title in expected[kind].items()}
    return {kind: times.total() - len(times) for kind, times in endpoints.times().items()}


class TestEverythingKilled:
    """kill -9 of five parts within the second in which reminders are due, in another order each round."""

    PARTS = ("notification", "notification sidecar", "scheduler", "kafka", "redis")
    OFFSETS = (-0.6, -0.3, 0, 0.3, 0.6)
    """Seconds from the instant the reminders are due."""

    async def test_each_reminder_is_sent_once_a_channel(
        self, healthy: Stack, ada: Api, endpoints: Endpoints
    ) -> None:
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
        found = await settled(ada, ENDS, 150)
        entries = [entry["reminder_id"] for entry in await fired(ada, made)]
        assert sorted(entries) == sorted(each["id"] for each in found)
        repeats = agree(endpoints, found)
        log.warning("%s rounds, %s reminders a channel, repeats: %s", ROUNDS, made, repeats)


class TestKilledBetweenSendingAndNoting:
    """The one moment in which a repeat can't be avoided: the receiver has it, nobody noted so."""

    async def test_what_is_repeated_has_the_same_id(
        self, healthy: Stack, ada: Api, endpoints: Endpoints
    ) -> None:
        await make_task(ada, "milk", soon())
        await planned(ada)
        with endpoints.holding():
            await eventually(_once_everywhere(endpoints), bool)
            faults.kill_processes(faults.find_app_pids(healthy.folder, "notification"))
        found = await settled(ada, ENDS, 120)
        assert len(await fired(ada)) == 1
        assert agree(endpoints, found) == {"webhook": 1, "push": 1, "email": 1}
        assert endpoints.calls()[0].body == endpoints.calls()[1].body
        assert endpoints.messages()[0] == endpoints.messages()[1]


def kill_part(stack: Stack, part: str) -> None:
    if part == "notification":
        faults.kill_processes(faults.find_app_pids(stack.folder, part))
    elif part == "notification sidecar":
        faults.kill_processes(faults.find_sidecar_pids(stack.folder, "notification"))
    else:
        stack.kill_server(part)
        stack.start_server(part)


def _nothing_fails(stack: Stack) -> Any:
    async def look() -> bool:
        return not await asyncio.to_thread(stack.failing)

    return look


def _once_everywhere(endpoints: Endpoints) -> Any:
    async def look() -> bool:
        return all(times.total() == 1 for times in endpoints.times().values())

    return look
