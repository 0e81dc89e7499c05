"""The export of an account: a ZIP file made while it is sent, whole or visibly broken off."""

import asyncio
import io
import random
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from frontend_service.account_export import download
from frontend_service.account_export.archive import Archive
from frontend_service.account_export.contents import Chunk, export_chunks
from frontend_service.account_export.download import ZipResponse, zip_chunks
from frontend_service.account_export.export_slots import ExportRunning, ExportSlots
from frontend_service.clients.service_client import UpstreamError
from frontend_service.clients.services import Services
from frontend_service.container import container_of
from starlette.types import Message

from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Unavailable
from services.frontend.tests.fake_services import Call, FakeServices, a_task, problem
from tests.fake_sidecar import make_response

EXPORT = "/api/v1/users/me/export"
CLIENT = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "GET", "headers": []}


async def of(*chunks: Chunk) -> AsyncIterator[Chunk]:
    for piece in chunks:
        yield piece


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


class TestArchive:
    async def test_contains_each_file_completely(self) -> None:
        chunks = of(("a", b"1"), ("a", b"2"), ("b", b"x" * 200_000), ("c", b"[]"))
        data = b"".join([part async for part in zip_chunks(chunks)])
        assert opened(data) == {"a": b"12", "b": b"x" * 200_000, "c": b"[]"}

    def test_is_streamed_while_it_is_written(self) -> None:
        archive, noise = Archive(), random.Random(7).randbytes(300_000)
        came_out = [len(archive.add("a", noise)) for _ in range(3)]
        assert min(came_out) > 200_000
        assert len(archive.end()) < 100_000

    def test_that_was_cut_off_can_not_be_opened(self) -> None:
        archive = Archive()
        data = archive.add("a", b"1") + archive.add("b", b"2")
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(io.BytesIO(data))

    async def test_memory_does_not_grow_with_its_size(self) -> None:
        async def much() -> AsyncIterator[Chunk]:
            for number in range(200):
                yield "a", random.Random(number).randbytes(256 * 1024)

        sent = 0
        tracemalloc.start()
        async for part in zip_chunks(much()):
            sent += len(part)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sent > 50 * 1024 * 1024
        assert peak < 3 * 1024 * 1024


class TestExportSlots:
    def test_are_limited_to_one_per_account(self) -> None:
        slots = ExportSlots(2)
        slots.acquire("ada")
        with pytest.raises(ExportRunning):
            slots.acquire("ada")
        slots.release("ada")
        slots.acquire("ada")

    def test_are_limited_per_process(self) -> None:
        slots = ExportSlots(2)
        slots.acquire("ada")
        slots.acquire("bob")
        with pytest.raises(Unavailable) as refusal:
            slots.acquire("eve")
        assert (refusal.value.code, refusal.value.headers["Retry-After"]) == ("exports-busy", "30")


class TestDownload:
    """What becomes of one that was begun."""

    async def sent(
        self, chunks: AsyncIterator[Chunk], slots: ExportSlots, *, reads: bool = True
    ) -> list[Message]:
        """What the server was given to send, to a client that may have stopped to read."""
        messages: list[Message] = []

        async def send(message: Message) -> None:
            messages.append(message)
            if not reads and message["type"] == "http.response.body":
                await asyncio.Event().wait()

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        slots.acquire("ada")
        await ZipResponse(chunks, slots, "ada", {})(dict(CLIENT), receive, send)
        slots.acquire("ada")
        return messages

    async def test_ends_with_the_complete_file(self) -> None:
        messages = await self.sent(of(("a", b"1")), ExportSlots(1))
        assert not messages[-1]["more_body"]
        body = b"".join(message.get("body", b"") for message in messages)
        assert opened(body) == {"a": b"1"}

    async def test_that_fails_in_the_middle_is_never_terminated_as_complete(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def failing() -> AsyncIterator[Chunk]:
            yield "a", b"1"
            raise Unavailable("The service task can't be reached.")

        messages = await self.sent(failing(), ExportSlots(1))
        assert messages[0]["status"] == 200
        assert all(message["more_body"] for message in messages[1:])
        assert "an export was interrupted: Unavailable(" in caplog.text

    async def test_that_is_not_read_is_aborted(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(download, "MOST_SECONDS", 0.05)
        noise = random.Random(7).randbytes(64 * 1024)
        messages = await self.sent(of(*[("a", noise)] * 9), ExportSlots(1), reads=False)
        assert all(message["more_body"] for message in messages[1:])
        assert "an export was interrupted: TimeoutError(" in caplog.text

    async def test_ends_when_its_client_disconnects(self) -> None:
        reads = 0

        async def endless() -> AsyncIterator[Chunk]:
            nonlocal reads
            while True:
                reads += 1
                yield "a", b"1"

        async def gone() -> Message:
            return {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            await asyncio.sleep(0)

        slots = ExportSlots(1)
        slots.acquire("ada")
        await ZipResponse(endless(), slots, "ada", {})(dict(CLIENT), gone, send)
        slots.acquire("ada")
        assert reads < 100


class TestExport:
    @pytest.fixture
    def furnished(self, services: FakeServices) -> FakeServices:
        services.is_complete = False
        services.responses |= {
            "GET /users/me": make_response(email="ada@example.com"),
            "GET /export/pages": export_page,
            "GET /projects": make_response(items=[{"name": "Flat"}], next_cursor=None),
            "GET /notifications": two_pages,
            "GET /chat/conversations": make_response(items=[{"id": "c1"}], next_cursor=None),
            "GET /chat/conversations/c1": make_response(id="c1", messages=["hello"]),
            "GET /webhooks": make_response(items=[{"id": "w1"}], next_cursor=None),
            "GET /webhooks/w1/deliveries": make_response(items=[{"id": "d1"}], next_cursor=None),
        }
        return services

    async def test_contains_the_data_of_every_service(
        self, ada: httpx2.AsyncClient, furnished: FakeServices
    ) -> None:
        got = await ada.get(EXPORT)
        assert got.headers["content-type"] == "application/zip"
        assert got.headers["ratelimit"].startswith('"default";r=1900;')
        assert got.headers["content-disposition"].startswith('attachment; filename="todo-')
        files = opened(got.content)
        found = {name: orjson.loads(data) for name, data in files.items() if name.endswith(".json")}
        assert found["profile.json"] == {"email": "ada@example.com"}
        assert [item["title"] for item in found["tasks.json"]["tasks"]] == ["tasks 1", "tasks 2"]
        assert [item["title"] for item in found["trash.json"]] == ["trash 1", "trash 2"]
        assert found["tasks.json"]["projects"] == [{"name": "Flat"}]
        assert found["notifications.json"] == [{"page": "first"}, {"page": "second"}]
        assert found["conversations.json"] == [{"id": "c1", "messages": ["hello"]}]
        assert found["deliveries.json"] == [{"webhook_id": "w1", "id": "d1"}]
        assert found["reminders.json"] == []
        readme = files["README.txt"].decode()
        assert all(name in readme for name in found)

    async def test_requests_data_as_the_account(
        self, ada: httpx2.AsyncClient, furnished: FakeServices
    ) -> None:
        await ada.get(EXPORT)
        assert {call.headers["authorization"][:9] for call in furnished.calls} == {"Bearer ey"}

    async def test_that_can_not_start_has_an_error_status_and_can_be_retried(
        self, ada: httpx2.AsyncClient, furnished: FakeServices
    ) -> None:
        furnished.away = {App.ANALYTICS}
        for _ in range(3):
            refused = await ada.get(EXPORT)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        furnished.away = set()
        assert (await ada.get(EXPORT)).status_code == 200

    async def test_omits_what_was_deleted_meanwhile(
        self, ada: httpx2.AsyncClient, furnished: FakeServices
    ) -> None:
        furnished.responses["GET /chat/conversations"] = make_response(
            items=[{"id": "c0"}, {"id": "c1"}], next_cursor=None
        )
        furnished.responses["GET /chat/conversations/c0"] = problem(404, "not-found")
        furnished.responses["GET /webhooks/w1/deliveries"] = problem(404, "not-found")
        files = opened((await ada.get(EXPORT)).content)
        assert [each["id"] for each in orjson.loads(files["conversations.json"])] == ["c1"]
        assert orjson.loads(files["deliveries.json"]) == []

    @pytest.mark.parametrize("status", [403, 409, 500])
    async def test_omits_nothing_else(self, app: FastAPI, furnished: FakeServices, status: int) -> None:
        furnished.responses["GET /chat/conversations/c1"] = problem(status, "no")
        with pytest.raises(UpstreamError):
            assert [
                piece
                async for piece in export_chunks(Services(furnished, container_of(app).circuit_breakers))
            ]

    async def test_in_progress_is_not_started_twice(
        self, ada: httpx2.AsyncClient, app: FastAPI, furnished: FakeServices
    ) -> None:
        container_of(app).export_slots.acquire("ada")
        refused = await ada.get(EXPORT)
        assert (refused.status_code, refused.json()["code"]) == (409, "export-running")

    async def test_requires_a_session_and_the_same_origin(
        self, ada: httpx2.AsyncClient, furnished: FakeServices
    ) -> None:
        refused = await ada.get(EXPORT, headers={"sec-fetch-site": "cross-site"})
        assert (refused.status_code, refused.json()["code"]) == (403, "cross-site")
        assert (await ada.get(f"{EXPORT}?x=1")).status_code == 422
        ada.cookies.clear()
        assert (await ada.get(EXPORT)).json()["code"] == "token-missing"
        assert furnished.calls == []

    async def test_only_accepts_get(self, ada: httpx2.AsyncClient, furnished: FakeServices) -> None:
        refused = await ada.post(EXPORT)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
        assert furnished.calls == []

    async def test_forwards_a_refusal(self, ada: httpx2.AsyncClient, furnished: FakeServices) -> None:
        furnished.responses["GET /users/me"] = problem(401, "account-gone", "This account no longer exists.")
        refused = await ada.get(EXPORT)
        assert (refused.status_code, refused.json()["code"]) == (401, "account-gone")


def export_page(call: Call) -> SidecarResponse:
    """Two pages of one task."""
    query: dict[str, Any] = dict(pair.split("=") for pair in call.path.partition("?")[2].split("&"))
    number = 2 if "after" in query else 1
    item = a_task(title=f"{query['of']} {number}")
    return make_response(items=[item], next="id" if number == 1 else None)


def two_pages(call: Call) -> SidecarResponse:
    if "cursor=more%2B" in call.path:
        return make_response(items=[{"page": "second"}], next_cursor=None)
    return make_response(items=[{"page": "first"}], next_cursor="more+")
