"""Hands a file that a request has just had read to the worker of the same pod, which goes on with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from task_service.import_export.file_process import FileProcess
from task_service.import_export.limits import FILES_AT_ONCE


class Handover:
    """At most one file, and only while the worker has none: a pod has memory for no more (`FILES_AT_ONCE`).

    Nothing depends on it. The file waits in the database as well, and is read anew by whoever leases it
    without having been handed the process.
    """

    def __init__(self) -> None:
        self.readers = asyncio.Semaphore(FILES_AT_ONCE)
        """Whoever has it may read a file for a request."""
        self._offered: tuple[str, FileProcess] | None = None
        self._is_awaited = False
        self._wake = asyncio.Event()

    def offer(self, id: str, process: FileProcess) -> bool:
        """Give the process that has read the import `id`; False if nobody wants it, who ends it then."""
        if not self._is_awaited:
            return False
        self._offered, self._is_awaited = (id, process), False
        self._wake.set()
        return True

    async def wait(self, seconds: float) -> None:
        """Until something is offered, or `seconds` are over."""
        await self.end()
        self._is_awaited = True
        self._wake.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
        finally:
            self._is_awaited = False

    @asynccontextmanager
    async def taken(self, id: str) -> AsyncIterator[FileProcess | None]:
        """The process that has read the import `id`, if it was offered, until the end of the block.

        That of another import is ended before: beside whoever reads this one there is no memory for it.
        """
        if self._offered and self._offered[0] != id:
            await self.end()
        offered, self._offered = self._offered, None
        try:
            yield offered[1] if offered else None
        finally:
            if offered:
                await offered[1].end()

    async def end(self) -> None:
        """End the process that nobody has taken."""
        if self._offered:
            process, self._offered = self._offered[1], None
            await process.end()
