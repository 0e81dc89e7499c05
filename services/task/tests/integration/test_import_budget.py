"""What a file may cost: sizes, rows, depth, time, memory, and how many at once. On both databases."""

import asyncio
import gzip
import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from task_service.import_export import worker
from task_service.import_export.file_process import FileProcess
from task_service.import_export.limits import MAX_AT_ONCE, MAX_BYTES, MAX_TASKS
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest

BOB = {"authorization": "Bearer bob"}


@pytest.fixture
async def task(open_service: OpenService, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    for name in ("POLL_SECONDS", "PAUSE_SECONDS"):
        monkeypatch.setattr(worker, name, 0.01)
    return await open_service(create, Settings)


async def refused(task: ServiceUnderTest, body: bytes, **more: Any) -> str:
    response = await task.client.post("/import", content=body, **more)
    assert (response.status_code, response.json()["code"]) == (422, "import-unreadable"), response.text
    detail: str = response.json()["detail"]
    return detail


class TestSize:
    @pytest.mark.parametrize("dry_run", [True, False])
    async def test_number_of_rows_is_limited(self, task: ServiceUnderTest, dry_run: bool) -> None:
        body = gzip.compress(b"title\n" + b"x\n" * 400_000)
        assert f"{MAX_TASKS:,} tasks" in await refused(task, body, params={"dry_run": dry_run})

    async def test_unpacked_size_is_limited_while_unpacking(self, task: ServiceUnderTest) -> None:
        body = gzip.compress(b"title\n" + b"x" * (MAX_BYTES * 8))
        assert f"{MAX_BYTES // 1024 // 1024} MiB" in await refused(task, body)

    async def test_memory_is_limited(self, task: ServiceUnderTest) -> None:
        body = gzip.compress(b'{"format": "todo", "version": 1, "tasks": [' + b"{}," * 5_000_000 + b"{}]}")
        assert "of memory" in await refused(task, body)


class TestChain:
    def file(self, length: int) -> bytes:
        tasks = [{"id": str(n), "title": f"t{n}", "parent_id": str(n - 1)} for n in range(length)]
        return gzip.compress(json.dumps({"format": "todo", "version": 1, "tasks": tasks}).encode())

    async def test_long_chain_of_parents_does_not_block_others(self, task: ServiceUnderTest) -> None:
        """The event loop goes on while 8,000 tasks, each below the next, are read and planned."""
        request = asyncio.create_task(task.client.post("/import?dry_run=true", content=self.file(8_000)))
        longest, last = 0.0, time.perf_counter()
        while not request.done():
            await asyncio.sleep(0.005)
            longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
        found = (await request).json()
        assert (found["total"], found["added"]) == (8_000, 8_000)
        assert any("deeper than 10 levels" in line["what"] for line in found["report"])
        assert longest < 1


class TestTime:
    async def test_crash_of_the_process_does_not_crash_the_service(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        killed_by(monkeypatch, signal.SIGKILL)
        assert "aborted" in await refused(task, b"title\nx\n")
        assert (await task.client.get("/tasks")).status_code == 200

    async def test_exhausted_cpu_time_is_reported(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        killed_by(monkeypatch, signal.SIGXCPU)
        assert "seconds" in await refused(task, b"title\nx\n")


def killed_by(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    """Every process that reads a file ends so before it has read it."""
    start: Callable[[FileProcess], None] = FileProcess._start_process

    def end(self: FileProcess) -> None:
        os.kill(self._process.pid, number)
        self._process.join()

    def broken(self: FileProcess) -> None:
        start(self)
        end(self)

    monkeypatch.setattr(FileProcess, "_start_process", broken)


class TestAtOnce:
    async def test_user_can_have_three_files_in_progress(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        go = asyncio.Event()
        enter = FileProcess.__aenter__

        async def waits(self: FileProcess) -> FileProcess:
            await go.wait()
            return await enter(self)

        monkeypatch.setattr(FileProcess, "__aenter__", waits)
        calls = [
            asyncio.create_task(task.client.post(f"/import?dry_run={dry}", content=f"title\n{n}\n"))
            for n in range(6)
            for dry in ("true", "false")
        ]
        while sum(call.done() for call in calls) < len(calls) - MAX_AT_ONCE:
            await asyncio.sleep(0.01)
        others = asyncio.create_task(task.client.post("/import", content="title\nb\n", headers=BOB))
        go.set()
        codes = sorted(response.status_code for response in await asyncio.gather(*calls))
        assert sum(code in (200, 202) for code in codes) == MAX_AT_ONCE
        assert codes.count(409) == len(calls) - MAX_AT_ONCE
        assert (await others).status_code == 202

    async def test_preview_frees_its_slot(self, task: ServiceUnderTest) -> None:
        for _ in range(MAX_AT_ONCE + 1):
            assert (await task.client.post("/import?dry_run=true", content="title\nx\n")).status_code == 200
        for _ in range(MAX_AT_ONCE + 1):
            await refused(task, b"{}")


class TestRepeatedRequest:
    async def test_repeated_request_gets_the_first_response(self, task: ServiceUnderTest) -> None:
        key = {"idempotency-key": "k"}
        first = await task.client.post("/import", content="title\nx\n", headers=key)
        again = await task.client.post("/import", content="title\nx\n", headers=key)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["id"] == again.json()["id"]
        assert again.headers["idempotent-replayed"] == "true"
        other = await task.client.post("/import", content="title\ny\n", headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
