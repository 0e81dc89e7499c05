"""What consumers made of the events, as the API tells it."""

from typing import Any

from tests.system.api import Api
from tests.system.waiting import eventually

KINDS = ["task.created", "task.completed", "task.reopened", "task.deleted"]
"""What a webhook can be told of tasks."""


async def summary(user: Api) -> dict[str, int]:
    """The user's figures, as analytics counted them."""
    response = await user.insist("GET", "/analytics/summary")
    assert response.status == 200, response.body
    figures: dict[str, int] = response.body
    return figures


async def counted(user: Api, seconds: float = 30, **expected: int) -> dict[str, int]:
    """Wait until analytics has counted at least this, and make sure it is not more."""

    def is_right(figures: dict[str, int]) -> bool:
        return all(figures[name] >= number for name, number in expected.items())

    figures = await eventually(lambda: summary(user), is_right, seconds)
    assert {name: figures[name] for name in expected} == expected
    return figures


async def notifications(user: Api) -> list[dict[str, Any]]:
    """The user's whole inbox, oldest first."""
    return (await user.items("/notifications"))[::-1]


async def listen(user: Api, hook: str) -> None:
    """From here on the notification service notes each event about tasks: a delivery to a webhook."""
    response = await user.insist("POST", "/webhooks", {"url": hook, "kinds": KINDS})
    assert response.status == 201, response.body


async def heard(user: Api) -> list[str]:
    """The ids of the events the notification service handled since `listen`, oldest first."""
    (webhook,) = await user.items("/webhooks")
    deliveries = await user.items(f"/webhooks/{webhook['id']}/deliveries")
    return [each["notification_id"] for each in deliveries[::-1]]


async def notified(user: Api, number: int, seconds: float = 30) -> list[str]:
    """Wait until the notification service has handled `number` events, and make sure it's no more."""
    found = await eventually(lambda: heard(user), lambda ids: len(ids) >= number, seconds)
    assert len(found) == number
    return found


async def dead_letters(operator: Api) -> list[dict[str, Any]]:
    """Parked dead letters, newest first."""
    return await operator.items("/ops/dead-letters")
