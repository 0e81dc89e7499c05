"""Work that comes while other work is done goes together in the next turn. Nobody waits for others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Gathering(Generic[T, R]):
    """Hands work on to `do`, one call of it at a time; it answers with one result for each."""

    def __init__(self, do: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> None:
        self._do = do
        self._waiting: list[tuple[Sequence[T], asyncio.Future[list[R]]]] = []
        self._doing: asyncio.Task[None] | None = None

    async def __call__(self, work: Sequence[T]) -> list[R]:
        """The result of each, in order. Raises what `do` raised for those that went together."""
        mine: asyncio.Future[list[R]] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, mine))
        if self._doing is None:  # in no request's context: it is not of the trace of the first
            self._doing = asyncio.create_task(self._do_all(), context=Context())
        return await mine

    async def _do_all(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                await self._do_some(together)
        finally:
            self._doing = None

    async def _do_some(self, together: Sequence[tuple[Sequence[T], asyncio.Future[list[R]]]]) -> None:
        try:
            results = iter(await self._do([each for work, _ in together for each in work]))
        except BaseException as error:
            for _, future in together:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for work, future in together:
            found = [next(results) for _ in work]
            if not future.done():  # whoever asked may be gone
                future.set_result(found)
