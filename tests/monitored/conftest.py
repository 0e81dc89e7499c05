"""A real system with all that watches it; times of rules and routes are a thirtieth of those that ship."""

import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from devstack.addresses import find_free_offset
from devstack.observe import monitoring
from devstack.observe.prometheus import Alerting
from devstack.paths import RunFolder
from devstack.stack import Stack
from tests.monitored.traffic import Traffic
from tests.monitored.watching import Watching
from tests.monitoring.receivers import SLACK_PATH, SWITCH_PATH, Receivers
from tests.monitoring.test_rules import DIVISOR
from tests.system.api import Api

OFFSET = 7000
SOURCE = "https://git.example.com/todo/blob/main/"
ENV = {"OTEL_BSP_SCHEDULE_DELAY": "500", "TODO_RATE_LIMIT": "1000000"}
STORY_SECONDS = 600

log = logging.getLogger(__name__)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(STORY_SECONDS))


@pytest.fixture(scope="session")
def receivers() -> Iterator[Receivers]:
    receivers = Receivers()
    yield receivers
    receivers.listener.stop()


@pytest.fixture(scope="session")
def alerting(receivers: Receivers) -> Alerting:
    address = receivers.listener.start()
    return Alerting(address + SLACK_PATH, address + SWITCH_PATH, SOURCE, DIVISOR)


@pytest.fixture(scope="session")
def stack(alerting: Alerting) -> Iterator[Stack]:
    """On PostgreSQL, which may run as another account and so not in pytest's own folder."""
    folder = Path(tempfile.mkdtemp(prefix="todo-monitoring-"))
    folder.chmod(0o755)
    stack = Stack(
        RunFolder(folder), offset=find_free_offset(OFFSET), postgres=True, env=ENV, observe=alerting
    )
    stack.up()
    yield stack
    stack.down()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def watching(stack: Stack, receivers: Receivers) -> AsyncIterator[Watching]:
    """What Prometheus, Alertmanager, Loki and Jaeger say."""
    async with aiohttp.ClientSession() as session:
        yield Watching(session, stack.monitoring, receivers)


@pytest.fixture
async def traffic(stack: Stack) -> AsyncIterator[Traffic]:
    """One person at work, all the while."""
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        ada = await Api(session, stack.addresses.edge).sign_up(name="Ada")
        async with Traffic.of(ada) as traffic:
            yield traffic


@pytest.fixture
async def fresh(stack: Stack, alerting: Alerting, watching: Watching, traffic: Traffic) -> Watching:
    """Prometheus and Alertmanager without memory of earlier tests, and a while of healthy traffic."""
    watching.receivers.messages.clear()
    monitoring.restart_alerting(stack.folder, stack.addresses, stack.monitoring, alerting)
    await monitoring.wait_until_ready(stack.folder, stack.monitoring)
    await watching.is_calm()
    watching.receivers.messages.clear()
    return watching
