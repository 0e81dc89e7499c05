"""How many requests a process takes on: some at once, a short line, and a quick word to the others."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.responses import StreamingResponse

from overload import deadline
from overload.deadline import HEADER
from servicekit.errors import Unauthenticated
from servicekit.problems import CatchAll, install_error_handlers
from servicekit.security.auth import Principal
from servicekit.web.admission import AdmissionControl, AdmissionPolicy, Bulkheads


class Service:
    """An app with room for two, of whose requests each waits until it is told to go on."""

    def __init__(self, longest_line: int = 1) -> None:
        self.app = FastAPI()
        self.begun: list[str] = []
        self.go_on = asyncio.Event()
        self.app.get("/work/{name}")(self.work)
        self.app.get("/healthz")(self.work)
        self.app.get("/chat/{name}")(self.work)
        self.app.get("/api/v1/auth/sign-in")(self.work)
        self.app.post("/ops/work")(self.work)
        self.app.post("/echo")(self.echo)
        self.app.get("/stream")(self.stream)
        install_error_handlers(self.app)
        self.app.add_middleware(CatchAll)
        self.app.add_middleware(AdmissionControl, bulkheads=Bulkheads(2, AdmissionPolicy(), longest_line))

    async def work(self, name: str = "") -> str:
        self.begun.append(name)
        await self.go_on.wait()
        return name

    async def echo(self, request: Request) -> str:
        found = (await request.body()).decode()
        return await self.work(found)

    async def stream(self) -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            yield "first"
            await self.go_on.wait()

        return StreamingResponse(pieces())

    def client(self) -> AsyncClient:
        return AsyncClient(transport=ASGITransport(self.app), base_url="http://app")


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[AsyncClient]:
    async with service.client() as client:
        yield client


async def run_event_loop() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def crowd(client: AsyncClient, number: int) -> list[asyncio.Task[Response]]:
    sent = [asyncio.create_task(client.get(f"/work/{each}")) for each in range(number)]
    await run_event_loop()
    return sent


class TestTheCrowd:
    async def test_is_let_in_as_there_is_room(self, service: Service, client: AsyncClient) -> None:
        sent = await crowd(client, 3)
        assert service.begun == ["0", "1"]
        service.go_on.set()
        assert [response.status_code for response in await asyncio.gather(*sent)] == [200] * 3
        assert service.begun == ["0", "1", "2"]

    async def test_is_refused_at_once_where_the_line_is_long(
        self, service: Service, client: AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        sent = await crowd(client, 3)
        for _ in range(5):
            response = await asyncio.wait_for(client.get("/work/late"), 1)
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
            assert response.headers["content-type"] == "application/problem+json"
            assert response.json()["code"] == "overloaded"
        service.go_on.set()
        await asyncio.gather(*sent)
        with caplog.at_level(logging.WARNING, "servicekit.web.admission"):
            await asyncio.sleep(1.05)
        (line,) = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
        assert line == "refused 5 requests in a second: too many at once"

    async def test_leaves_the_bulkhead_of_others_free(self, service: Service, client: AsyncClient) -> None:
        sent = await crowd(client, 3)
        probe, operator = (
            asyncio.create_task(client.request(method, path))
            for method, path in (("GET", "/healthz"), ("POST", "/ops/work"))
        )
        await run_event_loop()
        assert len(service.begun) == 4
        service.go_on.set()
        responses = await asyncio.gather(*sent, probe, operator)
        assert {response.status_code for response in responses} == {200}

    @pytest.mark.parametrize("slow", ["/chat/x", "/api/v1/auth/sign-in"])
    async def test_of_what_takes_long_takes_no_turn_of_the_rest(
        self, service: Service, client: AsyncClient, slow: str
    ) -> None:
        sent = [asyncio.create_task(client.get(slow)) for _ in range(3)]
        await run_event_loop()
        assert (await client.get(slow)).status_code == 503
        sent += await crowd(client, 2)
        assert len(service.begun) == 4
        service.go_on.set()
        assert {response.status_code for response in await asyncio.gather(*sent)} == {200}

    async def test_comes_in_again_when_it_is_over(self, service: Service, client: AsyncClient) -> None:
        sent = await crowd(client, 3)
        service.go_on.set()
        await asyncio.gather(*sent)
        for _ in range(5):
            assert (await client.get("/work/x")).status_code == 200

    async def test_that_went_away_leaves_its_places(self, service: Service, client: AsyncClient) -> None:
        for task in await crowd(client, 3):
            task.cancel()
        await run_event_loop()
        service.go_on.set()
        assert [(await client.get("/work/x")).status_code for _ in range(3)] == [200] * 3


class Verifier:
    """Takes a token for the name of its user, but a forged one."""

    async def verify(self, token: str) -> Principal:
        if token.startswith("forged"):
            raise Unauthenticated
        return Principal(token, "user", "UTC", token, 2**40)


class TestPersons:
    async def ask(self, client: AsyncClient, *names: str) -> list[asyncio.Task[Response]]:
        """Each in the name of whom its name begins with."""
        sent = []
        for name in names:
            headers = {"authorization": f"Bearer {name.partition('-')[0]}"}
            sent.append(asyncio.create_task(client.get(f"/work/{name}", headers=headers)))
            await run_event_loop()
        return sent

    @pytest.fixture
    def service(self) -> Service:
        service = Service(longest_line=3)
        service.app.state.verifier = Verifier()
        return service

    async def test_take_turns_in_line_and_none_fills_it(self, service: Service, client: AsyncClient) -> None:
        sent = await self.ask(client, "ada-1", "ada-2", "ada-3", "ada-4", "ada-5", "bob-1", "bob-2")
        service.go_on.set()
        statuses = [response.status_code for response in await asyncio.gather(*sent)]
        assert statuses == [200, 200, 200, 200, 503, 200, 503]
        assert service.begun == ["ada-1", "ada-2", "ada-3", "bob-1", "ada-4"]

    async def test_that_are_made_up_get_no_turns_of_their_own(
        self, service: Service, client: AsyncClient
    ) -> None:
        sent = await self.ask(client, "ada-1", "ada-2", "forged1-1", "forged2-1", "forged3-1", "forged4-1")
        assert (await sent[-1]).status_code == 503
        bob = await self.ask(client, "bob-1")
        service.go_on.set()
        statuses = [response.status_code for response in await asyncio.gather(*sent, *bob)]
        assert statuses == [200, 200, 200, 200, 503, 503, 200]


class TestADeadline:
    async def test_ends_the_wait_in_line_and_nothing_is_done(
        self, service: Service, client: AsyncClient
    ) -> None:
        sent = await crowd(client, 2)
        response = await asyncio.wait_for(client.get("/work/late", headers={HEADER: "30"}), 1)
        assert (response.status_code, response.json()["code"]) == (503, "overloaded")
        service.go_on.set()
        await asyncio.gather(*sent)
        assert service.begun == ["0", "1"]

    @pytest.mark.parametrize(("method", "path"), [("GET", "/work/late"), ("POST", "/echo")])
    async def test_that_is_over_is_refused_though_there_is_room(
        self, service: Service, client: AsyncClient, method: str, path: str
    ) -> None:
        content = b"late" if method == "POST" else None
        response = await client.request(method, path, content=content, headers={HEADER: "0"})
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert service.begun == []

    async def test_is_known_to_what_works_on_the_request(self, service: Service, client: AsyncClient) -> None:
        service.app.get("/left")(deadline.remaining)
        remaining = (await client.get("/left", headers={HEADER: "5000"})).json()
        assert 4 < remaining <= 5
        assert (await client.get("/left")).json() is None  # infinity, in JSON


class TestABody:
    async def slow(self, sending: asyncio.Event) -> AsyncIterator[bytes]:
        yield b"slow"
        await sending.wait()
        yield b"ly"

    async def test_that_comes_slowly_takes_no_room(self, service: Service, client: AsyncClient) -> None:
        sending = asyncio.Event()
        slow = [asyncio.create_task(client.post("/echo", content=self.slow(sending))) for _ in range(5)]
        await run_event_loop()
        service.go_on.set()
        assert (await asyncio.wait_for(client.get("/work/quick"), 1)).status_code == 200
        sending.set()
        responses = await asyncio.gather(*slow)
        assert {response.text for response in responses if response.status_code == 200} == {'"slowly"'}

    async def test_is_refused_whole_when_it_is_there(self, service: Service, client: AsyncClient) -> None:
        sent = await crowd(client, 3)
        response = await asyncio.wait_for(client.post("/echo", content=b"late"), 1)
        assert (response.status_code, response.json()["code"]) == (503, "overloaded")
        assert "late" not in service.begun
        service.go_on.set()
        await asyncio.gather(*sent)

    async def test_of_an_answer_that_comes_bit_by_bit_takes_no_room(
        self, service: Service, client: AsyncClient
    ) -> None:
        streams = [asyncio.create_task(client.get("/stream")) for _ in range(2)]
        await run_event_loop()
        quick = asyncio.create_task(client.get("/work/quick"))
        await run_event_loop()
        assert service.begun == ["quick"]
        service.go_on.set()
        await asyncio.gather(*streams, quick)
