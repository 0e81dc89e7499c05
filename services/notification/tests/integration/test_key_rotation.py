"""A new key for the secrets of webhooks: all are encrypted anew, then the one before can go. On both."""

from dataclasses import replace
from typing import Any

import pytest
from notification_service.channels import key_rotation
from notification_service.channels.key_rotation import reencrypt_secrets
from notification_service.channels.keys import ChannelKeys
from notification_service.container import container_of
from notification_service.models import Channel
from sqlalchemy import select

from conftest import ServiceUnderTest
from services.notification.tests.integration.test_channels import add_webhook

URL = "http://127.0.0.1:9/hook"


async def opened(notification: ServiceUnderTest, keys: ChannelKeys) -> dict[str, list[str]]:
    """The secrets of all webhooks, by id."""
    async with notification.database.reading() as session:
        channels = (await session.scalars(select(Channel))).all()
    return {
        each.id: [keys.decrypt(encrypted, each.id) for encrypted in each.keys["secrets"]] for each in channels
    }


class TestANewKey:
    async def test_opens_everything_alone_after_one_round(
        self, notification: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(key_rotation, "CHUNK", 2)
        made = [await add_webhook(notification, f"{URL}{number}") for number in range(5)]
        rotated = (await notification.client.post(f"/webhooks/{made[0]['id']}/rotate")).json()
        expected: dict[str, Any] = {each["id"]: [each["secret"]] for each in made}
        expected[made[0]["id"]] = [rotated["secret"], made[0]["secret"]]
        before: ChannelKeys = container_of(notification.app).keys
        both = replace(before, key="another", previous=before.key)
        assert await opened(notification, both) == expected
        assert await reencrypt_secrets(notification.database, both) == 5
        assert await opened(notification, replace(both, previous="")) == expected
        assert await reencrypt_secrets(notification.database, both) == 0

    async def test_passes_over_what_no_key_opens(self, notification: ServiceUnderTest) -> None:
        await add_webhook(notification, URL)
        lost = replace(container_of(notification.app).keys, key="another", previous="nor this one")
        assert await reencrypt_secrets(notification.database, lost) == 0
