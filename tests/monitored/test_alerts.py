"""The running system broken in five ways: the matching alert comes, is told of, and goes; no other does.

The rules and routes are those that ship with every time divided by 30 (`devstack.observe.durations`), and so
is the time promised in docs/MONITORING.md; what a busy machine needs to look and to send is not divided.
"""

import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from devstack import faults, servers
from devstack.broker import write_topic
from devstack.observe.prometheus import EXTERNAL_LABELS
from devstack.paths import ROOT
from devstack.stack import Stack
from tests.monitored.conftest import SOURCE
from tests.monitored.traffic import Traffic
from tests.monitored.watching import Watching
from tests.monitoring.receivers import Message
from tests.monitoring.test_rules import DIVISOR
from tests.system.api import Api, ApiResponse
from tests.system.waiting import eventually
from tools.dead_letters import create_operator_token

GRACE_SECONDS = 10
RESOLVED_SECONDS = 120
"""The longest window an alert here has to forget is 30 minutes: 60 s; then Alertmanager's group_interval."""

log = logging.getLogger(__name__)


def promised_seconds(alert: str) -> float:
    """What docs/MONITORING.md promises, divided like the rules."""
    table = (ROOT / "docs" / "MONITORING.md").read_text()
    match = re.search(rf"^\| \[{alert}\].*\| (\d+) min \|$", table, re.M)
    assert match, f"nothing is promised of {alert}"
    return int(match[1]) * 60 / DIVISOR + GRACE_SECONDS


@dataclass(slots=True)
class Story:
    """What becomes of one alert."""

    watching: Watching
    alert: str

    async def begins(self) -> None:
        """Pending, firing, told of in Slack, within the time promised; and nothing else is."""
        started, within = time.monotonic(), promised_seconds(self.alert)
        first = await eventually(self.watching.states, lambda states: self.alert in states, within)
        assert first[self.alert] == "pending", first
        await eventually(self.watching.states, lambda states: states.get(self.alert) == "firing", within)
        firing = time.monotonic() - started
        message = (await eventually(self._messages, bool, within))[0]
        log.info("%s: firing after %.0f s, in Slack after %.0f s", self.alert, firing, message.at - started)
        assert message.at - started <= within
        assert not message.is_resolved
        assert f" in {EXTERNAL_LABELS['environment']}: {self.alert}" in message.title
        assert SOURCE + f"docs/MONITORING.md#{self.alert.lower()}" in message.text
        assert await self.watching.told_of() == {self.alert}

    async def ends(self) -> None:
        """Resolved, told so, and nobody was told of anything else meanwhile."""
        started = time.monotonic()
        await eventually(self._messages, lambda found: found[-1].is_resolved, RESOLVED_SECONDS)
        log.info("%s: resolved in Slack after %.0f s", self.alert, time.monotonic() - started)
        await eventually(self.watching.states, lambda states: self.alert not in states, RESOLVED_SECONDS)
        receivers = self.watching.receivers
        assert [message for message in receivers.messages if self.alert not in message.title] == []
        assert receivers.refused == []
        assert receivers.beats[-1] > started - GRACE_SECONDS, "the dead-man's switch hears nothing"

    async def _messages(self) -> list[Message]:
        return [message for message in self.watching.receivers.messages if self.alert in message.title]


class TestServiceKilled:
    async def test_pages(self, stack: Stack, fresh: Watching) -> None:
        story = Story(fresh, "ServiceDown")
        with faults.keep_down(faults.find_app_pids(stack.folder, "notification")):
            await story.begins()
        await story.ends()


class TestKafkaStopped:
    async def test_pages(self, stack: Stack, fresh: Watching) -> None:
        story = Story(fresh, "KafkaUnreachable")
        with faults.pause_processes([faults.read_server_pid(stack.folder, "kafka")]):
            await story.begins()
        await story.ends()


class TestPoisonEvents:
    async def test_ask_for_somebody(self, stack: Stack, fresh: Watching, traffic: Traffic) -> None:
        story = Story(fresh, "DeadLetters")
        for _ in range(3):
            await write_topic(stack.addresses, "todo-events", b'{"half": ', traffic.ada.user["id"].encode())
        await story.begins()
        operator = Api(traffic.ada.session, traffic.ada.edge, create_operator_token(stack.folder))
        response = await operator.insist("POST", "/ops/discards", {"reason": "half a line of JSON"})
        assert response.body["discarded"] == 1, "the same event is one dead letter, however often it comes"
        await story.ends()


class TestSlowDatabase:
    async def test_pages(self, stack: Stack, fresh: Watching, traffic: Traffic) -> None:
        story = Story(fresh, "LatencyBudgetBurn")
        postgres = faults.read_server_pid(stack.folder, "postgres")
        async with faults.slow_down(
            lambda: faults.list_descendants(postgres), stop_seconds=1.2, run_seconds=0.3
        ):
            await story.begins()
        await story.ends()


@asynccontextmanager
async def migrated_badly(stack: Stack, app: str, table: str) -> AsyncIterator[None]:
    """A table has another name while the block runs."""
    connection = await asyncpg.connect(servers.postgres_dsn(stack.addresses, app))
    await connection.execute(f"ALTER TABLE {table} RENAME TO {table}_renamed")
    try:
        yield
    finally:
        await connection.execute(f"ALTER TABLE {table}_renamed RENAME TO {table}")
        await connection.close()


class TestOneInTenFails:
    async def test_pages(self, stack: Stack, fresh: Watching, traffic: Traffic) -> None:
        """A table is gone, and every tenth request needs it."""

        async def account(_: int) -> ApiResponse:
            return await traffic.ada.ask("GET", "/users/me")

        story = Story(fresh, "ErrorBudgetBurn")
        traffic.also = account
        async with migrated_badly(stack, "user", "user_account"):
            await story.begins()
            assert traffic.statuses[500] > 0
        await story.ends()
