"""Jobs of the scheduler are kept in step with the table, whatever the scheduler loses. On both databases."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from notification_service.container import container_of
from notification_service.models import Reminder, ScheduledJob
from notification_service.reminders.scheduled_jobs import ScheduledJobs, job_name
from sqlalchemy import update

from conftest import ServiceUnderTest
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Unavailable
from services.notification.tests.integration.test_reminders import DUE, instant, listed
from tests.fake_sidecar import FakeSidecar, Request, make_raw_response

LATER = DUE + timedelta(hours=1)


@dataclass
class Scheduler(FakeSidecar):
    """Keeps jobs by name. refuses: those it can't be reached for."""

    jobs: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    def respond(self, request: Request) -> SidecarResponse:
        name = request.path.rpartition("/")[2]
        if name in self.refuses:
            raise Unavailable
        if request.method == "POST":
            self.jobs.append(name)
        return make_raw_response(204 if request.method == "POST" else 200 if name in self.jobs else 404)


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler()


@pytest.fixture
def scheduled_jobs(notification: ServiceUnderTest, scheduler: Scheduler) -> ScheduledJobs:
    return ScheduledJobs(notification.database, scheduler, container_of(notification.app).dispatcher)


async def plan(notification: ServiceUnderTest, *instants: datetime) -> None:
    for at in instants:
        body = {"title": "stretch", "at": instant(at)}
        assert (await notification.client.post("/reminders", json=body)).status_code == 201


async def make_due(notification: ServiceUnderTest, *, is_set: bool) -> None:
    """Let the only reminder be due by now. is_set: the scheduler was told of it."""
    past = datetime.now(UTC) - timedelta(seconds=2)
    async with notification.database.transaction() as session:
        await session.execute(update(Reminder).values(remind_at=past))
        await session.execute(update(ScheduledJob).values(at=past, is_set=is_set))


async def states(notification: ServiceUnderTest) -> list[str]:
    return [each["state"] for each in await listed(notification)]


class TestJobs:
    async def test_are_set_once_for_each_instant(
        self, notification: ServiceUnderTest, scheduled_jobs: ScheduledJobs, scheduler: Scheduler
    ) -> None:
        await plan(notification, LATER, DUE, DUE)
        for _ in range(2):
            await scheduled_jobs.sync_jobs()
        assert sorted(scheduler.jobs) == sorted([job_name(DUE), job_name(LATER)])

    async def test_that_could_not_be_set_are_tried_again(
        self, notification: ServiceUnderTest, scheduled_jobs: ScheduledJobs, scheduler: Scheduler
    ) -> None:
        await plan(notification, DUE, LATER)
        scheduler.refuses = {job_name(DUE)}
        with pytest.raises(Unavailable):
            await scheduled_jobs.sync_jobs()
        scheduler.refuses.clear()
        await scheduled_jobs.sync_jobs()
        assert scheduler.jobs == [job_name(LATER), job_name(DUE)]

    async def test_that_the_scheduler_lost_are_set_again(
        self, notification: ServiceUnderTest, scheduled_jobs: ScheduledJobs, scheduler: Scheduler
    ) -> None:
        await plan(notification, DUE, LATER)
        await scheduled_jobs.sync_jobs()
        await scheduled_jobs.check_scheduler()
        await scheduled_jobs.sync_jobs()
        assert len(scheduler.jobs) == 2
        scheduler.jobs.clear()
        await scheduled_jobs.check_scheduler()
        await scheduled_jobs.sync_jobs()
        assert sorted(scheduler.jobs) == sorted([job_name(DUE), job_name(LATER)])


class TestAReminder:
    async def test_nobody_rang_for_is_fired_by_the_sweep(
        self, notification: ServiceUnderTest, scheduled_jobs: ScheduledJobs
    ) -> None:
        await plan(notification, DUE)
        await make_due(notification, is_set=True)
        await scheduled_jobs.sync_jobs()
        assert await states(notification) == ["due"]

    async def test_that_is_due_before_its_job_was_set_is_fired_at_once(
        self, notification: ServiceUnderTest, scheduled_jobs: ScheduledJobs, scheduler: Scheduler
    ) -> None:
        await scheduled_jobs.sync_jobs()
        await plan(notification, DUE)
        await make_due(notification, is_set=False)
        await scheduled_jobs.sync_jobs()
        assert (await states(notification), scheduler.jobs) == (["due"], [])
