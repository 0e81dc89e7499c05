"""Connections to the database that libpq's variables name."""

import asyncio
import time

import asyncpg

from backup.errors import BackupError
from backup.settings import Settings

ATTEMPT_SECONDS = 10
QUERY_SECONDS = 3600.0
PAUSE_SECONDS = 1
MAY_PASS = (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError)
"""A new pod is let through a network policy a moment after it has begun; a database may be starting."""


async def connect(settings: Settings) -> asyncpg.Connection:
    """Raises `BackupError` if it is refused, or can't be reached for `settings.connect_seconds`."""
    deadline = time.monotonic() + settings.connect_seconds
    while True:
        try:
            return await asyncpg.connect(timeout=ATTEMPT_SECONDS, command_timeout=QUERY_SECONDS)
        except MAY_PASS as error:
            if time.monotonic() > deadline:
                raise BackupError(f"{settings.database} can't be reached: {error or 'no answer'}") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise BackupError(f"{settings.database} can't be reached: {error}") from error
        await asyncio.sleep(PAUSE_SECONDS)


async def wait_until_reachable(settings: Settings) -> None:
    """For programs that don't wait themselves."""
    connection = await connect(settings)
    await connection.close()
