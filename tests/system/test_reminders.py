"""Reminders on the real scheduler: on time, once, and in spite of everything."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta

from devstack import faults
from devstack.stack import Stack
from services.notification.tests.receivers import MailServer
from tests.system.api import Api
from tests.system.endpoints import ENDS, endpoints_of
from tests.system.reminding import fired, make_task, planned, settled, soon


class TestReminders:
    async def test_reach_every_channel_on_time(
        self, healthy: Stack, ada: Api, mail_server: MailServer
    ) -> None:
        async with endpoints_of(ada, mail_server) as endpoints:
            await make_task(ada, "milk", at := soon())
            await planned(ada)
            (entry,) = await fired(ada)
            (reminder,) = await settled(ada, ENDS)
        late = datetime.fromisoformat(entry["created_at"]) - datetime.fromisoformat(at)
        assert timedelta(0) <= late < timedelta(seconds=5)
        receipts = {receipt["kind"]: receipt["id"] for receipt in reminder["receipts"]}
        assert set(receipts) == set(ENDS)
        assert endpoints.times() == {kind: {receipts[kind]: 1} for kind in ENDS if kind != "inbox"}

    async def test_move_and_end_with_their_task(self, healthy: Stack, ada: Api) -> None:
        moved = await make_task(ada, "moved", soon(3600))
        ended = await make_task(ada, "ended", soon())
        await ada.insist("PATCH", f"/tasks/{moved['id']}", {"reminders": [{"at": soon()}]})
        await ada.insist("POST", f"/tasks/{ended['id']}/complete")
        assert [entry["title"] for entry in await fired(ada)] == ["moved"]

    async def test_are_made_again_for_the_next_occurrence(self, healthy: Stack, ada: Api) -> None:
        today = datetime.now(UTC).date()
        body = {
            "title": "water",
            "due_date": str(today + timedelta(days=1)),
            "recurrence": {"rule": "FREQ=DAILY"},
            "reminders": [{"minutes_before": 30}],
        }
        task = (await ada.insist("POST", "/tasks", body)).body
        await planned(ada)
        await ada.insist("POST", f"/tasks/{task['id']}/complete")
        found = await planned(ada, 2)
        assert sorted(each["state"] for each in found) == ["cancelled", "planned"]


class TestDowntime:
    async def test_of_the_service_makes_them_late_once(self, healthy: Stack, ada: Api) -> None:
        await make_task(ada, "milk", at := soon(4))
        await planned(ada)
        with faults.keep_down(faults.find_app_pids(healthy.folder, "notification")):
            await asyncio.sleep(66)  # longer than what counts as late; the time is what is tested
        (entry,) = await fired(ada)
        assert entry["late"] is True
        assert datetime.fromisoformat(entry["created_at"]) > datetime.fromisoformat(at) + timedelta(minutes=1)

    async def test_of_the_scheduler_is_made_up_for(self, healthy: Stack, ada: Api) -> None:
        await make_task(ada, "before", soon(8))
        await planned(ada)
        healthy.kill_server("scheduler")
        healthy.start_server("scheduler")
        await make_task(ada, "after", soon(8))
        assert sorted(entry["title"] for entry in await fired(ada, 2)) == ["after", "before"]

    async def test_of_a_scheduler_that_forgot_everything_is_made_up_for(
        self, healthy: Stack, ada: Api
    ) -> None:
        await make_task(ada, "milk", soon(15))
        await planned(ada)
        healthy.kill_server("scheduler")
        shutil.rmtree(healthy.folder.path / "scheduler")
        healthy.start_server("scheduler")
        assert [entry["title"] for entry in await fired(ada)] == ["milk"]
