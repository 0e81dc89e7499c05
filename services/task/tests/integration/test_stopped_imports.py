"""Imports that are stopped: by an error, by the end of their worker, by a database that is away. On both."""

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from task_service.import_export import importer, worker
from task_service.import_export.file_process import FileProcess
from task_service.import_export.importer import Importer
from task_service.import_export.models import ImportJob
from task_service.import_export.preparation import ImportSummary
from task_service.import_export.rows import Chunk
from task_service.import_export.use_cases import LONG_AGO
from task_service.main import create
from task_service.settings import Settings
from task_service.subscriptions import subscriptions
from task_service.unit_of_work.unit import UnitOfWork

from conftest import OpenService, ServiceUnderTest
from contracts.user import UserDeleted
from servicekit.persistence.database import DatabaseUnavailable
from servicekit.web.ids import new_id

FILE = "title\n" + "".join(f"task {number}\n" for number in range(6))
CUT_OFF = DBAPIError("", {}, Exception(), connection_invalidated=True)
BOB = {"authorization": "Bearer bob"}
Add = Callable[..., Awaitable[int]]


@pytest.fixture
async def task(open_service: OpenService, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    for name in ("POLL_SECONDS", "PAUSE_SECONDS"):
        monkeypatch.setattr(worker, name, 0.01)
    monkeypatch.setattr(importer, "CHUNK_SIZE", 1)
    monkeypatch.setattr(worker, "MAX_INTERRUPTIONS", 3)
    return await open_service(create, Settings)


def stopping(monkeypatch: pytest.MonkeyPatch, error: Exception, when: Callable[[int], bool]) -> list[str]:
    """Make `Importer.add_chunk` raise at the calls that `when` names; gives whose calls there were."""
    calls: list[str] = []
    add: Add = Importer.add_chunk

    async def broken(self: Importer, unit: UnitOfWork, chunk: Chunk) -> int:
        user_id = unit.user.user_id
        calls.append(user_id)
        if when(calls.count(user_id)) and user_id == "ada":
            raise error
        return await add(self, unit, chunk)

    monkeypatch.setattr(Importer, "add_chunk", broken)
    return calls


async def outcome(task: ServiceUnderTest, id: str, **more: Any) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, Any] = (await task.client.get(f"/import/{id}", **more)).json()
        if found["status"] in ("done", "failed"):
            return found
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def sent(task: ServiceUnderTest, **more: Any) -> str:
    id: str = (await task.client.post("/import", content=FILE, **more)).json()["id"]
    return id


async def left_by_a_killed_worker(task: ServiceUnderTest, times: int) -> str:
    """A file whose lease has run out, and did so `times` times before."""
    return (await leased(task, LONG_AGO, failures=times)).id


async def leased(task: ServiceUnderTest, until: datetime, **more: Any) -> ImportJob:
    job = ImportJob(
        id=new_id(),
        user_id="ada",
        zone="Europe/Berlin",
        body=gzip.compress(FILE.encode()),
        status="running",
        leased_until=until,
        created_at=datetime.now(UTC),
        **more,
    )
    async with task.database.transaction() as session:
        session.add(job)
    return job


class TestError:
    async def test_second_error_ends_the_import_with_a_message(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = stopping(monkeypatch, ZeroDivisionError(), lambda call: call >= 3)
        id = await sent(task)
        found = await outcome(task, id)
        (line,) = found["report"]
        assert (found["status"], found["added"], line["where"]) == ("failed", 2, "file")
        assert "error of ours" in line["what"]
        assert "2 times" in line["what"]
        assert id in line["what"]
        assert len(calls) == 4
        assert len((await task.client.get("/tasks")).json()["items"]) == 2
        (event,) = await task.recorded(of="imports")
        data = event["data"]
        assert (event["subject"], data["added"], data["failure"]) == (id, 2, line["what"])

    async def test_error_of_one_file_does_not_stop_others(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stopping(monkeypatch, ZeroDivisionError(), lambda _: True)
        mine, theirs = await sent(task), await sent(task, headers=BOB)
        assert (await outcome(task, theirs, headers=BOB))["status"] == "done"
        assert (await outcome(task, mine))["status"] == "failed"

    async def test_error_count_resets_when_more_was_added(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = stopping(monkeypatch, ZeroDivisionError(), lambda call: call % 2 != 0)
        found = await outcome(task, await sent(task))
        assert (found["status"], found["added"], found["report"]) == ("done", 6, [])
        assert len(calls) == 12
        (event,) = await task.recorded(of="imports")
        assert (event["data"]["added"], event["data"]["failure"]) == (6, "")

    async def test_failed_import_is_one_event_though_two_workers_end(self, task: ServiceUnderTest) -> None:
        """The first one's lease ran out while it worked."""
        job = await leased(task, datetime.now(UTC) + timedelta(hours=1))
        for _ in range(2):
            await worker.run_import(task.database, job)
        assert len(await task.recorded(of="imports")) == 1

    @pytest.mark.parametrize(
        "away",
        [OperationalError("", {}, ConnectionError()), CUT_OFF, DatabaseUnavailable()],
        ids=lambda error: type(error).__name__,
    )
    async def test_infrastructure_errors_are_retried_for_longer(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, away: Exception
    ) -> None:
        stopping(monkeypatch, away, lambda call: call <= worker.MAX_INTERRUPTIONS)
        assert (await outcome(task, await sent(task)))["status"] == "done"

    async def test_infrastructure_errors_end_the_import_at_last(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stopping(monkeypatch, OperationalError("", {}, ConnectionError()), lambda _: True)
        found = await outcome(task, await sent(task))
        assert (found["status"], "database" in found["report"][0]["what"]) == ("failed", True)


class TestKilledWorker:
    async def test_job_of_a_killed_worker_is_taken_over(self, task: ServiceUnderTest) -> None:
        id = await left_by_a_killed_worker(task, worker.MAX_FAILURES - 2)
        assert (await outcome(task, id))["added"] == 6
        async with task.database.reading() as session:
            job = await session.get(ImportJob, id)
            assert job
            assert job.failures == 0

    async def test_second_killed_worker_ends_the_import(self, task: ServiceUnderTest) -> None:
        found = await outcome(task, await left_by_a_killed_worker(task, worker.MAX_FAILURES - 1))
        (line,) = found["report"]
        assert (found["status"], found["added"]) == ("failed", 0)
        assert "stopped" in line["what"]


class TestShutdown:
    async def test_worker_releases_its_job_uncounted_on_shutdown(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = await leased(task, datetime.now(UTC) + timedelta(hours=1))
        begun = asyncio.Event()

        async def never(*_: Any) -> None:
            begun.set()
            await asyncio.Event().wait()

        with monkeypatch.context() as patch:
            patch.setattr(Importer, "add_chunk", never)
            work = asyncio.create_task(worker.attempt_import(task.database, job))
            await begun.wait()
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
        found = await outcome(task, job.id)
        assert (found["status"], found["added"]) == ("done", 6)
        async with task.database.reading() as session:
            stored = await session.get(ImportJob, job.id)
            assert stored
            assert stored.failures == 0


class TestErasure:
    async def test_erased_user_gets_no_more_imported_tasks(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = await leased(task, datetime.now(UTC) + timedelta(hours=1), project="House")
        plan = FileProcess.plan

        async def meanwhile(self: FileProcess, known: set[str]) -> ImportSummary:
            found = await plan(self, known)
            await task.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
            return found

        monkeypatch.setattr(FileProcess, "plan", meanwhile)
        await worker.run_import(task.database, job)
        assert (await task.client.get("/tasks")).json()["items"] == []
        assert (await task.client.get("/projects")).json()["items"] == []


class TestWrongFile:
    async def test_invalid_own_json_loses_only_invalid_values(self, task: ServiceUnderTest) -> None:
        wrong: dict[str, Any] = {
            "occurrence": "third",
            "rule_number": 10**30,
            "series_id": "none",
            "rule_from": "yesterday",
            "labels": 7,
            "created_at": "9999-12-31T23:59:59-12:00",
            "due_date": "0001-01-01",
            "due_time": "00:30",
            "recurrence": {"rule": "FREQ=DAILY"},
        }
        filters = [{"name": "Today", "filter": "done"}, {"name": "x", "filter": "done and"}]
        document = {"format": "todo", "version": 1, "filters": filters}
        response = await task.client.post("/import", json=document | {"tasks": [{"title": "a"} | wrong]})
        found = await outcome(task, response.json()["id"])
        assert (found["status"], found["added"]) == ("done", 1)
        assert {line["where"] for line in found["report"]} >= {"task 1", "filter x"}
        (stored,) = (await task.client.get("/tasks")).json()["items"]
        assert (stored["occurrence"], stored["labels"], stored["due_time"]) == (1, [], None)
        assert (await task.client.get("/filters")).json()["items"] == []
