"""What became of reminders, as the API tells it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.system.api import Api
from tests.system.figures import notifications
from tests.system.waiting import eventually

LEAD_SECONDS = 6


def soon(seconds: float = LEAD_SECONDS) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


async def make_task(user: Api, title: str, at: str) -> dict[str, Any]:
    """A task with a reminder at that instant."""
    response = await user.insist("POST", "/tasks", {"title": title, "reminders": [{"at": at}]})
    assert response.status == 201, response.body
    made: dict[str, Any] = response.body
    return made


async def reminders(user: Api) -> list[dict[str, Any]]:
    return await user.items("/reminders")


async def planned(user: Api, number: int = 1) -> list[dict[str, Any]]:
    """Wait until the notification service has heard of the reminders."""
    return await eventually(lambda: reminders(user), lambda found: len(found) == number)


async def fired(user: Api, number: int = 1, seconds: float = 60) -> list[dict[str, Any]]:
    """Wait until this many are in the inbox, and make sure that there are no more."""

    async def look() -> list[dict[str, Any]]:
        return [each for each in await notifications(user) if each["kind"] == "reminder"]

    found = await eventually(look, lambda entries: len(entries) >= number, seconds)
    assert len(found) == number
    return found


async def settled(user: Api, states: dict[str, str], seconds: float = 90) -> list[dict[str, Any]]:
    """Wait until every receipt of every reminder has the state its channel ends in."""

    def is_right(found: list[dict[str, Any]]) -> bool:
        receipts = [receipt for each in found for receipt in each["receipts"]]
        return all(receipt["state"] == states[receipt["kind"]] for receipt in receipts)

    return await eventually(lambda: reminders(user), is_right, seconds)
