"""The chat service, and what is at the other end of its sidecar."""

import pytest
from chat_service.container import container_of
from chat_service.main import create
from chat_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from services.chat.tests.fake_backend import FakeBackend


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
async def chat(open_service: OpenService, backend: FakeBackend) -> ServiceUnderTest:
    service = await open_service(create, Settings)
    container_of(service.app).sidecar = backend
    return service
