"""Work beside the requests that waits in the database until somebody looks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def poll(
    what: str,
    do_next: Callable[[], Awaitable[bool]],
    *,
    every_seconds: float,
    pause_seconds: float,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Do what there is to do, until cancelled; look again every so often when there was nothing.

    do_next: says whether there was something. After an error, of the database most likely, there is a pause.
    wait: for so many seconds, or until somebody knows that there is something.
    """
    while True:
        try:
            if not await do_next():
                await wait(every_seconds)
        except Exception as error:
            log.warning("%s pause: %s", what, error)
            await asyncio.sleep(pause_seconds)
