"""A file that a request had read is taken in by the process that read it. On both databases."""

import asyncio
import os
import signal
from collections.abc import Callable

import pytest
from task_service.container import container_of
from task_service.import_export import worker
from task_service.import_export.file_process import FileProcess
from task_service.import_export.handover import Handover
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest

FILE = "title\n" + "".join(f"task {number}\n" for number in range(6))


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[FileProcess]:
    """The processes that read a file, in the order they were started."""
    processes: list[FileProcess] = []
    start: Callable[[FileProcess], None] = FileProcess._start_process

    def noted(self: FileProcess) -> None:
        start(self)
        processes.append(self)

    monkeypatch.setattr(FileProcess, "_start_process", noted)
    return processes


async def added(task: ServiceUnderTest, id: str) -> int:
    for _ in range(3_000):
        found = (await task.client.get(f"/import/{id}")).json()
        if found["status"] in ("done", "failed"):
            return int(found["added"])
        await asyncio.sleep(0.01)
    raise TimeoutError


async def worker_waits(task: ServiceUnderTest) -> None:
    while not container_of(task.app).handover._is_awaited:
        await asyncio.sleep(0.01)


async def sent(task: ServiceUnderTest, body: str = FILE) -> str:
    response = await task.client.post("/import", content=body)
    assert response.status_code == 202
    id: str = response.json()["id"]
    return id


async def are_ended(processes: list[FileProcess]) -> None:
    while any(process._is_alive for process in processes):
        await asyncio.sleep(0.01)


class TestFile:
    async def test_file_is_read_once(self, task: ServiceUnderTest, started: list[FileProcess]) -> None:
        await worker_waits(task)
        assert await added(task, await sent(task)) == 6
        assert len(started) == 1
        await asyncio.wait_for(are_ended(started), 5)

    async def test_file_does_not_wait_for_the_next_poll(
        self, open_service: OpenService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "POLL_SECONDS", 3_600.0)
        task = await open_service(create, Settings)
        await worker_waits(task)
        assert await added(task, await sent(task)) == 6

    async def test_file_is_read_again_if_its_process_died_in_between(
        self, task: ServiceUnderTest, started: list[FileProcess], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.01)
        offer = Handover.offer

        def dies(self: Handover, id: str, process: FileProcess) -> bool:
            os.kill(process._process.pid, signal.SIGKILL)
            return offer(self, id, process)

        monkeypatch.setattr(Handover, "offer", dies)
        await worker_waits(task)
        assert await added(task, await sent(task)) == 6
        assert len(started) == 2

    async def test_file_of_another_replica_leaves_no_process(
        self, task: ServiceUnderTest, started: list[FileProcess], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever leases it first takes it in; the process here ends unused, before another one begins."""
        offer, begin = Handover.offer, FileProcess._start_process

        def alone(self: FileProcess) -> None:
            assert not any(process._is_alive for process in started)
            begin(self)

        monkeypatch.setattr(FileProcess, "_start_process", alone)
        monkeypatch.setattr(Handover, "offer", lambda self, id, process: offer(self, f"not {id}", process))
        await worker_waits(task)
        assert await added(task, await sent(task)) == 6
        await asyncio.wait_for(are_ended(started), 5)
        assert len(started) == 2


class TestWorker:
    async def test_worker_is_offered_no_second_file(
        self, task: ServiceUnderTest, started: list[FileProcess], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A pod has memory for the file that is taken in, and for one that is read."""
        go = asyncio.Event()
        plan = FileProcess.plan

        async def waits(self: FileProcess, known: set[str]) -> object:
            await go.wait()
            return await plan(self, known)

        monkeypatch.setattr(FileProcess, "plan", waits)
        await worker_waits(task)
        first = await sent(task)
        second = await sent(task, "title\nother\n")
        await asyncio.wait_for(are_ended(started[1:]), 5)
        assert started[0]._is_alive
        go.set()
        assert (await added(task, first), await added(task, second)) == (6, 1)
        assert len(started) == 3

    async def test_worker_ends_the_offered_process_on_shutdown(self) -> None:
        handover = Handover()
        waiting = asyncio.create_task(handover.wait(60))
        await asyncio.sleep(0)
        process = Process()
        assert handover.offer("a", process)  # type: ignore[arg-type]
        assert not handover.offer("b", process)  # type: ignore[arg-type]
        await waiting
        await handover.end()
        assert process.ends == 1


class Process:
    """Stands for a `FileProcess`, which counts its ends."""

    ends = 0

    async def end(self) -> None:
        self.ends += 1
