"""What a browser's push subscription has to say: a half one is refused where it is wrong."""

from typing import Any

import pytest

from conftest import ServiceUnderTest
from services.notification.tests.receivers import Browser

ENDPOINT = "http://127.0.0.1/push"
KEYS = Browser().keys
P256DH, AUTH = KEYS["p256dh"], KEYS["auth"]
NO_POINT = "B" + "A" * 86
"""Of the right size, and on no curve."""


async def problem(notification: ServiceUnderTest, **body: Any) -> tuple[int, list[str]]:
    response = await notification.client.post("/channels", json=body)
    return response.status_code, [each["pointer"] for each in response.json()["errors"]]


class TestHalfASubscription:
    @pytest.mark.parametrize("more", [{}, {"endpoint": None}, {"endpoint": ""}])
    async def test_without_endpoint_is_refused(
        self, notification: ServiceUnderTest, more: dict[str, Any]
    ) -> None:
        assert await problem(notification, kind="push", keys=KEYS, **more) == (422, ["/endpoint"])

    @pytest.mark.parametrize("more", [{}, {"keys": None}])
    async def test_without_keys_is_refused(
        self, notification: ServiceUnderTest, more: dict[str, Any]
    ) -> None:
        assert await problem(notification, kind="push", endpoint=ENDPOINT, **more) == (422, ["/keys"])

    @pytest.mark.parametrize("name", ["p256dh", "auth"])
    @pytest.mark.parametrize("wrong", ["missing", "", "A", "short", "long", "é", "+/"])
    async def test_with_a_wrong_key_is_refused(
        self, notification: ServiceUnderTest, name: str, wrong: str
    ) -> None:
        keys = dict(KEYS)
        right = keys.pop(name)
        if wrong != "missing":
            sizes = {"short": right[:-2], "long": right + "AA", "+/": "+/" + right[2:]}
            keys[name] = sizes.get(wrong, wrong)
        found = await problem(notification, kind="push", endpoint=ENDPOINT, keys=keys)
        assert found == (422, [f"/keys/{name}"])

    async def test_with_a_key_that_is_none_is_refused(self, notification: ServiceUnderTest) -> None:
        keys = {"p256dh": NO_POINT, "auth": AUTH}
        found = await problem(notification, kind="push", endpoint=ENDPOINT, keys=keys)
        assert found == (422, ["/keys/p256dh"])

    async def test_of_nothing_names_both_halves(self, notification: ServiceUnderTest) -> None:
        assert await problem(notification, kind="push") == (422, ["/endpoint", "/keys"])

    async def test_is_of_no_use_to_mail(self, notification: ServiceUnderTest) -> None:
        found = await problem(notification, kind="email", endpoint=ENDPOINT, keys=KEYS)
        assert found == (422, ["/endpoint", "/keys"])

    @pytest.mark.parametrize("keys", [KEYS, {"p256dh": P256DH + "=", "auth": AUTH + "=="}])
    async def test_is_one_half_of_a_whole_one(
        self, notification: ServiceUnderTest, keys: dict[str, str]
    ) -> None:
        body = {"kind": "push", "endpoint": ENDPOINT, "keys": keys}
        assert (await notification.client.post("/channels", json=body)).status_code == 201
