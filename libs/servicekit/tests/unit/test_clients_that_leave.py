"""Work for a client that has gone: dropped from the line, given up as a read, finished as a write."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from servicekit.observability.metrics import CLIENT_GONE, RouteMetrics
from servicekit.web import admission
from servicekit.web.admission import ABANDONED, AdmissionControl, AdmissionPolicy, Bulkheads


@dataclass
class Connection:
    """A request as a server hands it to an app."""

    method: str = "GET"
    body: bytes | None = None
    messages: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    sent: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.messages.put_nowait({"type": "http.request", "body": self.body or b"", "more_body": False})

    @property
    def scope(self) -> Scope:
        headers = [] if self.body is None else [(b"content-length", b"1")]
        scope = {"type": "http", "method": self.method, "path": "/tasks", "headers": headers}
        return scope | {"raw_path": b"/tasks", "query_string": b"", "root_path": ""}

    def go(self) -> None:
        self.messages.put_nowait({"type": "http.disconnect"})

    async def receive(self) -> Message:
        message = await self.messages.get()
        if message["type"] == "http.disconnect":
            self.messages.put_nowait(message)
        return message

    async def send(self, message: Message) -> None:
        self.sent.append(message)


class Service:
    """Reads the body, works until it is told to go on, and answers."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.finished: list[str] = []
        self.messages: list[str] = []
        self.go_on = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        self.begun.append(scope["method"])
        await self.work(receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        self.finished.append(scope["method"])

    async def work(self, _: Receive) -> None:
        await self.go_on.wait()
        for _step in range(5):
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _watched_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "WATCH_AFTER", 0)


@pytest.fixture
def service() -> Service:
    return Service()


Ask = Callable[[Connection], "asyncio.Task[None]"]


@pytest.fixture
def ask(service: Service) -> Ask:
    control = AdmissionControl(service, bulkheads=Bulkheads(1, AdmissionPolicy()))
    return lambda each: asyncio.create_task(control(each.scope, each.receive, each.send))


def given_up() -> float:
    return float(ABANDONED._value.get())


async def run_event_loop() -> None:
    for _ in range(20):
        await asyncio.sleep(0.001)


READ: dict[str, Any] = {}
WRITE: dict[str, Any] = {"method": "POST", "body": b"x"}


class TestInLine:
    @pytest.mark.parametrize("kind", [READ, WRITE])
    async def test_is_dropped_and_nothing_is_done(
        self, service: Service, ask: Ask, kind: dict[str, Any]
    ) -> None:
        before = given_up()
        first, second, third = Connection(**WRITE), Connection(**kind), Connection(**kind)
        tasks = [ask(first), ask(second), ask(third)]
        await run_event_loop()
        second.go()
        async with asyncio.timeout(1):
            await tasks[1]
        assert given_up() == before + 1
        service.go_on.set()
        await asyncio.gather(*tasks)
        assert len(service.begun) == 2
        assert (second.sent, bool(third.sent)) == ([], True)

    async def test_is_not_taken_for_gone_who_stays(self, service: Service, ask: Ask) -> None:
        connections = [Connection(**WRITE) for _ in range(5)]
        tasks = [ask(each) for each in connections]
        await run_event_loop()
        service.go_on.set()
        await asyncio.gather(*tasks)
        assert service.finished == ["POST"] * 5


class TestUnderWay:
    async def test_a_read_is_given_up_and_its_turn_is_free(self, service: Service, ask: Ask) -> None:
        connection = Connection(**READ)
        task = ask(connection)
        await run_event_loop()
        connection.go()
        async with asyncio.timeout(1):
            await task
        assert (service.begun, service.finished, connection.sent) == (["GET"], [], [])
        service.go_on.set()
        await ask(Connection(**READ))
        assert service.finished == ["GET"]

    async def test_a_write_is_finished(self, service: Service, ask: Ask) -> None:
        connection = Connection(**WRITE)
        task = ask(connection)
        await run_event_loop()
        connection.go()
        await run_event_loop()
        assert not task.done()
        service.go_on.set()
        await task
        assert service.finished == ["POST"]

    async def test_a_write_that_waited_in_line_is_finished_too(self, service: Service, ask: Ask) -> None:
        first, second = Connection(**WRITE), Connection(**WRITE)
        tasks = [ask(first), ask(second)]
        await run_event_loop()
        service.go_on.set()
        await tasks[0]
        service.go_on.clear()
        await run_event_loop()
        second.go()
        await run_event_loop()
        service.go_on.set()
        await asyncio.gather(*tasks)
        assert service.finished == ["POST"] * 2

    @pytest.mark.parametrize("order", [0, 1, 2, 3])
    async def test_a_write_is_whole_or_not_begun_whatever_comes_first(
        self, service: Service, ask: Ask, order: int
    ) -> None:
        """The turn and the word that the client has gone come in the same moment."""
        first, second = Connection(**WRITE), Connection(**WRITE)
        tasks = [ask(first), ask(second)]
        await run_event_loop()
        service.go_on.set()
        for _ in range(order):
            await asyncio.sleep(0)
        second.go()
        async with asyncio.timeout(1):
            await asyncio.gather(*tasks)
        assert service.begun == service.finished

    async def test_an_answer_that_has_begun_is_left_alone(self, ask: Ask, service: Service) -> None:
        connection = Connection(**READ)

        async def answer_and_stay(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await service.go_on.wait()
            service.finished.append("GET")

        control = AdmissionControl(answer_and_stay, bulkheads=Bulkheads(1, AdmissionPolicy()))
        task = asyncio.create_task(control(connection.scope, connection.receive, connection.send))
        await run_event_loop()
        connection.go()
        await run_event_loop()
        service.go_on.set()
        await task
        assert service.finished == ["GET"]

    async def test_an_app_that_listens_hears_of_it_itself(self, ask: Ask, service: Service) -> None:
        async def listen(receive: Receive) -> None:
            service.messages.append((await receive())["type"])

        service.work = listen  # type: ignore[method-assign, assignment]
        connection = Connection(**READ)
        task = ask(connection)
        await run_event_loop()
        connection.go()
        await task
        assert service.messages == ["http.disconnect"]
        assert service.finished == ["GET"]

    async def test_is_no_failure_in_the_metrics(self, service: Service) -> None:
        seen: list[str] = []
        counted = RouteMetrics(service, lambda info: seen.append(info.modified_status))
        control = AdmissionControl(counted, bulkheads=Bulkheads(1, AdmissionPolicy()))
        connection = Connection(**READ)
        task = asyncio.create_task(control(connection.scope, connection.receive, connection.send))
        await run_event_loop()
        connection.go()
        await task
        assert seen == [str(CLIENT_GONE)]
