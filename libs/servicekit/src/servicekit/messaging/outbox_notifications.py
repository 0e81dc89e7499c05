"""Word to the replica that relays of what others have recorded: PostgreSQL's LISTEN and NOTIFY.

It is sent after the commit, once for all commits meanwhile, so that no transaction pays for it: with a
NOTIFY in each, commits would queue. Where it is lost, with its process or connection, the relay looks
by itself.
"""

import asyncio

from sqlalchemy.ext.asyncio import AsyncConnection

from servicekit.persistence.database import Database

CHANNEL = "outbox"
PAUSE_SECONDS = 0.005
"""Between one word and the next, so that many commits share one."""


async def listen_for_notifications(database: Database, connection: AsyncConnection) -> None:
    """Set `outbox_written` at each word from another replica, for as long as `connection` lasts."""
    pooled = await connection.get_raw_connection()
    assert pooled.driver_connection
    await pooled.driver_connection.add_listener(CHANNEL, lambda *_: database.outbox_written.set())


async def notify_replicas(database: Database, seconds: float) -> None:
    """Pass on what is recorded here, for so many seconds. Raises what the driver raises."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (left := until - loop.time()) > 0:
        try:
            await asyncio.wait_for(database.outbox_written.wait(), left)
        except TimeoutError:
            return
        database.outbox_written.clear()
        async with database.driver() as driver:
            await driver.execute(f"NOTIFY {CHANNEL}")
        await asyncio.sleep(PAUSE_SECONDS)
