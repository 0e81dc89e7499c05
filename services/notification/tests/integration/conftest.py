"""The notification service on an empty database, with made-up keys and no sidecar."""

from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest
from notification_service import background
from notification_service.main import create
from notification_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from devstack.credentials import generate_secrets
from servicekit.dapr.sidecar import Sidecar

SECRETS = generate_secrets()


async def secret(_: Sidecar, name: str) -> dict[str, str]:
    return SECRETS[name]


@pytest.fixture
async def notification(
    open_service: OpenService, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ServiceUnderTest]:
    monkeypatch.setattr(background, "WORK", ())  # the tests fire and send themselves
    monkeypatch.setenv("TODO_ALLOWED_NETWORKS", '["127.0.0.0/8"]')  # receivers of these tests
    with patch.object(Sidecar, "secret", secret):
        yield await open_service(create, Settings)
