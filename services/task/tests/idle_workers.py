"""Workers that leave their queue to a test, which does what they would have done."""

import asyncio


async def never_poll(*_: object, **__: object) -> None:
    """To stand for `poll` in a worker's module: even one look, at the start, would race with the test."""
    await asyncio.Event().wait()
