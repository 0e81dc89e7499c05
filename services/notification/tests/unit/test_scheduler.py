"""What is asked of the Dapr scheduler, and what its answers mean."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from notification_service.reminders import scheduler

from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Unavailable
from tests.fake_sidecar import FakeSidecar, Request, raw_answer

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass
class Daprd(FakeSidecar):
    """Gives one answer to whatever it is asked."""

    status: int = 204
    told: bytes = b""

    def respond(self, request: Request) -> SidecarResponse:
        return raw_answer(self.status, self.told)


class TestAJob:
    async def test_is_one_of_a_name_that_is_called_once(self) -> None:
        sidecar = Daprd()
        await scheduler.schedule_job(sidecar, "due-1", NOON)
        (asked,) = sidecar.requests
        assert (asked.method, asked.path) == ("POST", "/v1.0/jobs/due-1")
        assert (asked.json["dueTime"], asked.json["overwrite"]) == ("2026-05-01T12:00:00Z", True)
        assert asked.json["failurePolicy"]["constant"]["maxRetries"] == scheduler.TRIES

    async def test_that_can_not_be_set_is_told(self) -> None:
        with pytest.raises(Unavailable) as refusal:
            await scheduler.schedule_job(Daprd(status=500), "due-1", NOON)
        assert refusal.value.code == "jobs-unavailable"

    @pytest.mark.parametrize(
        ("status", "told", "there"),
        [(200, b"{}", True), (404, b"", False), (500, b'{"message":"job not found"}', False)],
    )
    async def test_is_there_or_not(self, status: int, told: bytes, there: bool) -> None:
        assert await scheduler.job_exists(Daprd(status=status, told=told), "due-1") is there

    async def test_is_unknown_while_the_scheduler_is_away(self) -> None:
        with pytest.raises(Unavailable):
            await scheduler.job_exists(Daprd(status=500, told=b"no connection"), "due-1")
