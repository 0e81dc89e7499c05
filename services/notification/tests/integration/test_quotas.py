"""Quotas: what an account may store here and ask for in an hour. On both databases."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from notification_service.container import container_of
from notification_service.models import QuotaUse
from sqlalchemy import update

from conftest import ServiceUnderTest
from services.notification.tests.integration.test_channels import add_webhook
from services.notification.tests.integration.test_reminders import DUE, instant, listed
from services.notification.tests.receivers import Browser

AT_ONCE = 8


def limit(notification: ServiceUnderTest, **quotas: int) -> None:
    for name, most in quotas.items():
        setattr(container_of(notification.app).settings, f"quota_{name}", most)


async def usage(notification: ServiceUnderTest, user: str = "ada") -> dict[str, tuple[int, int]]:
    response = await notification.client.get("/usage", headers={"authorization": f"Bearer {user}"})
    assert response.status_code == 200, response.text
    return {each["name"]: (each["used"], each["limit"]) for each in response.json()["items"]}


async def at_once(notification: ServiceUnderTest, path: str, bodies: list[Any]) -> Counter[int]:
    """How often each status came of posting `bodies` to `path` together."""
    responses = await asyncio.gather(*(notification.client.post(path, json=body) for body in bodies))
    return Counter(response.status_code for response in responses)


class TestUsage:
    async def test_of_somebody_new_is_none(self, notification: ServiceUnderTest) -> None:
        found = await usage(notification)
        assert {used for used, _ in found.values()} == {0}
        assert set(found) == {
            *("webhooks", "push_subscriptions", "reminders", "inbox_entries"),
            *("deliveries_stored", "deliveries_waiting", "webhook_tests", "redeliveries"),
        }

    async def test_counts_ones_own(self, notification: ServiceUnderTest) -> None:
        webhook = await add_webhook(notification, "http://127.0.0.1/hook")
        await notification.client.post(f"/webhooks/{webhook['id']}/test")
        await notification.client.post("/reminders", json={"title": "x", "at": instant(DUE)})
        found = await usage(notification)
        used = {name for name, (number, _) in found.items() if number == 1}
        assert used == {"webhooks", "reminders", "deliveries_waiting", "webhook_tests"}
        assert {number for number, _ in (await usage(notification, "bob")).values()} == {0}

    async def test_says_over_which_time(self, notification: ServiceUnderTest) -> None:
        items = (await notification.client.get("/usage")).json()["items"]
        windows = {each["name"]: each["window_seconds"] for each in items}
        assert (windows["webhook_tests"], windows["redeliveries"], windows["webhooks"]) == (3600, 3600, None)


class TestWhatIsStored:
    async def test_has_a_limit_that_the_problem_names(self, notification: ServiceUnderTest) -> None:
        limit(notification, webhooks=1)
        await add_webhook(notification, "http://127.0.0.1/1")
        response = await notification.client.post("/webhooks", json={"url": "http://127.0.0.1/2"})
        assert response.status_code == 409
        problem = response.json()
        assert (problem["code"], problem["quota"]) == (
            "quota-exceeded",
            {"name": "webhooks", "used": 1, "limit": 1},
        )

    async def test_of_one_kind_leaves_others_alone(self, notification: ServiceUnderTest) -> None:
        limit(notification, webhooks=0)
        body = {"kind": "push", "endpoint": "http://127.0.0.1/push", "keys": Browser().keys}
        assert (await notification.client.post("/channels", json=body)).status_code == 201
        limit(notification, push_subscriptions=1)
        assert (await notification.client.post("/channels", json=body)).status_code == 201, "it is there"
        other = body | {"endpoint": "http://127.0.0.1/other"}
        assert (await notification.client.post("/channels", json=other)).status_code == 409

    async def test_of_reminders_counts_snoozed_ones(self, notification: ServiceUnderTest) -> None:
        limit(notification, reminders=1)
        body = {"title": "x", "at": instant(DUE)}
        made = (await notification.client.post("/reminders", json=body)).json()
        assert (await notification.client.post("/reminders", json=body)).status_code == 409
        snooze = await notification.client.post(f"/reminders/{made['id']}/snooze", json={"minutes": 5})
        assert snooze.status_code == 409
        assert len(await listed(notification)) == 1


class TestParallelRequests:
    """What is counted before it is added, at the same time, is counted wrong."""

    async def test_can_not_pass_the_limit_of_webhooks(self, notification: ServiceUnderTest) -> None:
        limit(notification, webhooks=3)
        bodies = [{"url": f"http://127.0.0.1/{number}"} for number in range(AT_ONCE)]
        assert await at_once(notification, "/webhooks", bodies) == {201: 3, 409: AT_ONCE - 3}
        assert (await usage(notification))["webhooks"] == (3, 3)

    async def test_can_not_pass_the_limit_of_reminders(self, notification: ServiceUnderTest) -> None:
        limit(notification, reminders=3)
        bodies = [{"title": str(number), "at": instant(DUE)} for number in range(AT_ONCE)]
        assert await at_once(notification, "/reminders", bodies) == {201: 3, 409: AT_ONCE - 3}

    async def test_can_not_pass_the_limit_of_tests(self, notification: ServiceUnderTest) -> None:
        limit(notification, webhook_tests=3)
        path = f"/webhooks/{(await add_webhook(notification, 'http://127.0.0.1/'))['id']}/test"
        assert await at_once(notification, path, [None] * AT_ONCE) == {202: 3, 429: AT_ONCE - 3}

    async def test_can_not_pass_the_limit_of_redeliveries(self, notification: ServiceUnderTest) -> None:
        limit(notification, redeliveries=3)
        webhook = await add_webhook(notification, "http://127.0.0.1/")
        sent = (await notification.client.post(f"/webhooks/{webhook['id']}/test")).json()
        path = f"/deliveries/{sent['id']}/redeliver"
        assert await at_once(notification, path, [None] * AT_ONCE) == {202: 3, 429: AT_ONCE - 3}

    async def test_can_not_pass_the_limit_of_what_waits(self, notification: ServiceUnderTest) -> None:
        limit(notification, deliveries_waiting=3)
        path = f"/webhooks/{(await add_webhook(notification, 'http://127.0.0.1/'))['id']}/test"
        assert await at_once(notification, path, [None] * AT_ONCE) == {202: 3, 409: AT_ONCE - 3}


class TestTheHour:
    async def _shift(self, notification: ServiceUnderTest, by: timedelta) -> None:
        async with notification.database.transaction() as session:
            await session.execute(update(QuotaUse).values(at=datetime.now(UTC) - by))

    @pytest.mark.parametrize("path", ["/webhooks/{}/test", "/channels/{}/test"])
    async def test_says_when_to_come_again(self, notification: ServiceUnderTest, path: str) -> None:
        limit(notification, webhook_tests=2)
        path = path.format((await add_webhook(notification, "http://127.0.0.1/"))["id"])
        for _ in range(2):
            assert (await notification.client.post(path)).status_code == 202
        await self._shift(notification, timedelta(minutes=50))
        refused = await notification.client.post(path)
        assert (refused.status_code, refused.json()["code"]) == (429, "quota-exceeded")
        assert 590 <= int(refused.headers["retry-after"]) <= 600
        await self._shift(notification, timedelta(minutes=61))
        assert (await notification.client.post(path)).status_code == 202

    async def test_is_each_users_own(self, notification: ServiceUnderTest) -> None:
        limit(notification, webhook_tests=1)
        for user in ("ada", "bob"):
            as_user = {"authorization": f"Bearer {user}"}
            body = {"url": "http://127.0.0.1/"}
            made = (await notification.client.post("/webhooks", json=body, headers=as_user)).json()
            response = await notification.client.post(f"/webhooks/{made['id']}/test", headers=as_user)
            assert response.status_code == 202
