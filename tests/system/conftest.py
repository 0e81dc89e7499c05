"""One real system for all system tests: daprd, Kafka, Redis, scheduler, six services, two frontends."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from devstack.addresses import find_free_offset
from devstack.paths import RunFolder
from devstack.stack import Stack
from services.notification.tests.receivers import MailServer
from tests.listening import Listener
from tests.system.api import Api, open_api
from tests.system.collector import Collector
from tools.dead_letters import create_operator_token

REPLICAS = {"frontend": 2}
OFFSET = 4000


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.listener.stop()


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def hook() -> Iterator[str]:
    """The address of a webhook that takes everything."""
    listener = Listener(lambda *_: (204, "text/plain", b""))
    yield listener.start()
    listener.stop()


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory, collector: Collector, mail_server: MailServer
) -> Iterator[Stack]:
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.listener.start(),
        "OTEL_BSP_SCHEDULE_DELAY": "500",
        "TODO_ALLOWED_NETWORKS": '["127.0.0.0/8"]',
        "TODO_SMTP_HOST": "127.0.0.1",
        "TODO_SMTP_PORT": str(mail_server.start()),
        "TODO_SMTP_SECURITY": "none",
    }
    folder = RunFolder(tmp_path_factory.mktemp("system"))
    stack = Stack(folder, REPLICAS, offset=find_free_offset(OFFSET, REPLICAS), env=env)
    stack.up()
    yield stack
    stack.down()


@pytest.fixture
async def healthy(stack: Stack) -> AsyncIterator[Stack]:
    """The system with everything answering; a test that breaks it waits for it to mend itself."""
    yield stack
    async with asyncio.timeout(120):
        while stack.failing():
            await asyncio.sleep(0.2)


@pytest.fixture
async def nobody(healthy: Stack) -> AsyncIterator[Api]:
    """The API without a token."""
    async with open_api(healthy.addresses.edge) as api:
        yield api


@pytest.fixture
async def ada(nobody: Api) -> Api:
    """A fresh user."""
    return await nobody.sign_up(name="Ada")


@pytest.fixture
def operator(nobody: Api, stack: Stack) -> Api:
    """Somebody with the role operator."""
    return Api(nobody.session, nobody.edge, create_operator_token(stack.folder))
