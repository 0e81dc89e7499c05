"""One asks in the name of all."""

import asyncio

import pytest

from overload.single_flight import Cooldown, SingleFlight


class Server:
    """Answers, once it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.released = asyncio.Event()
        self.error: Exception | None = None

    async def ask(self) -> None:
        self.calls += 1
        await self.released.wait()
        if self.error:
            raise self.error


@pytest.fixture
async def server() -> Server:
    return Server()


class TestAskedOnce:
    async def test_gives_all_the_same_answer(self, server: Server) -> None:
        once = SingleFlight(server.ask)
        server.error = ConnectionError()
        asking = [asyncio.create_task(once.run()) for _ in range(10)]
        await asyncio.sleep(0)
        server.released.set()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert (found, server.calls) == ([server.error] * 10, 1)

    async def test_asks_again_after_an_answer(self, server: Server) -> None:
        server.released.set()
        once = SingleFlight(server.ask)
        for _ in range(3):
            await once.run()
        assert server.calls == 3

    async def test_goes_on_asking_for_whoever_comes_after_one_whose_time_is_over(
        self, server: Server
    ) -> None:
        once = SingleFlight(server.ask)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await once.run(0.001)
        server.released.set()
        await once.run()
        assert server.calls == 1

    async def test_does_not_stop_when_somebody_who_waits_is_cancelled(self, server: Server) -> None:
        once = SingleFlight(server.ask)
        gone, stays = asyncio.create_task(once.run()), asyncio.create_task(once.run())
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        server.released.set()
        await stays


def test_left_alone_for_so_long_after_each_failure() -> None:
    now = 100.0
    left_alone = Cooldown(0.5, lambda: now)
    assert not left_alone
    left_alone.failed()
    assert left_alone
    now = 100.4
    left_alone.failed()
    now = 100.8
    assert left_alone
    now = 100.9
    assert not left_alone
