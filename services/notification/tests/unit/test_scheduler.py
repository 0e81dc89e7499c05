"""What is asked of the Dapr scheduler, and what its responses mean."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from notification_service.reminders import scheduler

from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Unavailable
from tests.fake_sidecar import FakeSidecar, Request, make_raw_response

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass
class Daprd(FakeSidecar):
    """Gives one answer to whatever it is asked."""

    status: int = 204
    body: bytes = b""

    def respond(self, request: Request) -> SidecarResponse:
        return make_raw_response(self.status, self.body)


class TestAJob:
    async def test_is_one_of_a_name_that_is_called_once(self) -> None:
        sidecar = Daprd()
        await scheduler.schedule_job(sidecar, "due-1", NOON)
        (request,) = sidecar.requests
        assert (request.method, request.path) == ("POST", "/v1.0/jobs/due-1")
        assert (request.json["dueTime"], request.json["overwrite"]) == ("2026-05-01T12:00:00Z", True)
        assert request.json["failurePolicy"]["constant"]["maxRetries"] == scheduler.TRIES

    async def test_that_can_not_be_set_is_told(self) -> None:
        with pytest.raises(Unavailable) as refusal:
            await scheduler.schedule_job(Daprd(status=500), "due-1", NOON)
        assert refusal.value.code == "jobs-unavailable"

    @pytest.mark.parametrize(
        ("status", "body", "there"),
        [(200, b"{}", True), (404, b"", False), (500, b'{"message":"job not found"}', False)],
    )
    async def test_is_there_or_not(self, status: int, body: bytes, there: bool) -> None:
        assert await scheduler.job_exists(Daprd(status=status, body=body), "due-1") is there

    async def test_is_unknown_while_the_scheduler_is_away(self) -> None:
        with pytest.raises(Unavailable):
            await scheduler.job_exists(Daprd(status=500, body=b"no connection"), "due-1")
