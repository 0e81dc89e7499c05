"""The response: a ZIP file that is made while it is sent, and breaks off where it can't be completed.

The status was sent long before, so what goes wrong in the middle is told by cutting the connection: the
client sees that the response is not whole (RFC 9112, section 8), and no program opens the file.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import UTC, datetime

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from frontend_service.account_export.archive import Archive
from frontend_service.account_export.contents import Chunk
from frontend_service.account_export.export_slots import ExportSlots

MOST_SECONDS = 300.0
"""For making and sending it all: who reads slower than that gets no export."""
PACKED_AT_ONCE = 64 * 1024

log = logging.getLogger(__name__)


class ZipResponse(StreamingResponse):
    """Sends `chunks` as a ZIP file; releases the slot of the user when that has ended, however it ends."""

    def __init__(
        self, chunks: AsyncIterator[Chunk], slots: ExportSlots, user_id: str, headers: Mapping[str, str]
    ) -> None:
        name = f"todo-{datetime.now(UTC):%Y-%m-%d}.zip"
        own = {
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        }
        self._zipped = zip_chunks(chunks)
        super().__init__(self._zipped, headers={**headers, **own}, media_type="application/zip")
        self._slots = slots
        self._user_id = user_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(MOST_SECONDS):
                await super().__call__(scope, receive, send)
        except Exception as error:
            log.warning("an export was interrupted: %r", error)
        finally:
            self._slots.release(self._user_id)
            await self._zipped.aclose()


async def zip_chunks(chunks: AsyncIterator[Chunk]) -> AsyncGenerator[bytes, None]:
    """The ZIP file of `chunks`; packing is done in a thread, beside the other requests."""
    archive = Archive()
    try:
        async for name, data in chunks:
            for start in range(0, len(data), PACKED_AT_ONCE):
                out = await asyncio.to_thread(archive.add, name, data[start : start + PACKED_AT_ONCE])
                if out:
                    yield out
        yield await asyncio.to_thread(archive.end)
    finally:
        archive.abandon()
