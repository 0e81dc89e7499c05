"""The answer: a ZIP file that is made while it is sent, and breaks off where it can't be completed.

The status was sent long before, so what goes wrong in the middle is told by cutting the connection: the
client sees that the answer is not whole (RFC 9112, section 8), and no program opens the file.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import UTC, datetime

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from frontend_service.account_export.archive import Archive
from frontend_service.account_export.contents import Piece
from frontend_service.account_export.turns import Turns

MOST_SECONDS = 300.0
"""For making and sending it all: who reads slower than that gets no export."""
PACKED_AT_ONCE = 64 * 1024

log = logging.getLogger(__name__)


class Download(StreamingResponse):
    """Sends `pieces` packed; gives the turn of the user back when that has ended, however it ends."""

    def __init__(
        self, pieces: AsyncIterator[Piece], turns: Turns, user_id: str, headers: Mapping[str, str]
    ) -> None:
        name = f"todo-{datetime.now(UTC):%Y-%m-%d}.zip"
        own = {
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        }
        self._packed = packed(pieces)
        super().__init__(self._packed, headers={**headers, **own}, media_type="application/zip")
        self._turns = turns
        self._user_id = user_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(MOST_SECONDS):
                await super().__call__(scope, receive, send)
        except Exception as error:
            log.warning("an export broke off: %r", error)
        finally:
            self._turns.give_back(self._user_id)
            await self._packed.aclose()


async def packed(pieces: AsyncIterator[Piece]) -> AsyncGenerator[bytes, None]:
    """The ZIP file of `pieces`; packing is done beside the other requests."""
    archive = Archive()
    try:
        async for name, data in pieces:
            for start in range(0, len(data), PACKED_AT_ONCE):
                out = await asyncio.to_thread(archive.add, name, data[start : start + PACKED_AT_ONCE])
                if out:
                    yield out
        yield await asyncio.to_thread(archive.end)
    finally:
        archive.abandon()
