"""The clock that replicas share: leases and what is due count by it, as their own clocks may differ."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def read_clock(session: AsyncSession) -> datetime:
    """What time it is for all replicas: by the database's server, or by this process where it is a file."""
    if session.get_bind().dialect.name != "postgresql":
        return datetime.now(UTC)
    found: datetime = (await session.scalars(select(func.clock_timestamp()))).one()
    return found
