"""The chat service, and what is at the other end of its sidecar."""

import pytest
from chat_service.container import container_of
from chat_service.main import create
from chat_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from services.chat.tests.behind import Behind


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
async def chat(open_service: OpenService, behind: Behind) -> ServiceUnderTest:
    service = await open_service(create, Settings)
    container_of(service.app).sidecar = behind
    return service
