"""Replicas whose clocks differ: leases count by the database's. On both databases."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from task_service.fanout import worker as fan_out_worker
from task_service.fanout.models import FanOut, Kind
from task_service.import_export import worker as import_worker
from task_service.import_export.models import ImportJob
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from servicekit.persistence.database import Database
from servicekit.web.ids import new_id
from services.task.tests.idle_workers import never_poll
from tests.skewed_clock import Ahead

ID = new_id()
Make = Callable[[datetime], ImportJob | FanOut]
Lease = Callable[[Database], Awaitable[ImportJob | FanOut | None]]


@pytest.fixture
async def task(open_service: OpenService, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    """Whose workers do nothing by themselves."""
    for worker in (import_worker, fan_out_worker):
        monkeypatch.setattr(worker, "poll", never_poll)
    return await open_service(create, Settings)


def make_import(leased_until: datetime) -> ImportJob:
    now = datetime.now(UTC)
    return ImportJob(
        id=ID,
        user_id="ada",
        zone="UTC",
        body=b"",
        status="running",
        leased_until=leased_until,
        created_at=now,
    )


def make_fan_out(leased_until: datetime) -> FanOut:
    now = datetime.now(UTC)
    return FanOut(
        id=ID, user_id="ada", kind=Kind.TRASH, subject=ID, created_at=now, leased_until=leased_until
    )


CASES = pytest.mark.parametrize(
    ("worker", "make", "lease"),
    [
        pytest.param(import_worker, make_import, import_worker._lease_job, id="imports"),
        pytest.param(fan_out_worker, make_fan_out, fan_out_worker._lease, id="large changes"),
    ],
)


@CASES
class TestReplicaAhead:
    async def test_leaves_alone_what_another_one_works_on(
        self,
        task: ServiceUnderTest,
        monkeypatch: pytest.MonkeyPatch,
        worker: ModuleType,
        make: Make,
        lease: Lease,
    ) -> None:
        async with task.database.transaction() as session:
            session.add(make(datetime.now(UTC) + timedelta(minutes=1)))
        monkeypatch.setattr(worker, "datetime", Ahead)
        assert await lease(task.database) is None

    async def test_leases_for_no_longer_than_others_do(
        self,
        task: ServiceUnderTest,
        monkeypatch: pytest.MonkeyPatch,
        worker: ModuleType,
        make: Make,
        lease: Lease,
    ) -> None:
        async with task.database.transaction() as session:
            session.add(make(datetime.now(UTC) - timedelta(minutes=1)))
        monkeypatch.setattr(worker, "datetime", Ahead)
        job = await lease(task.database)
        assert job
        assert job.leased_until < datetime.now(UTC) + timedelta(seconds=61)
