"""The rules of quotas.

Who adds holds the lock of the account (`reminders.repository.account`), so that parallel requests count one
another.
"""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy.ext.asyncio import AsyncSession

from notification_service.models import QuotaUse
from notification_service.quotas.repository import STORED, QuotaRepository
from notification_service.settings import Settings
from servicekit.errors import TooManyRequests
from servicekit.web.ids import new_id
from servicekit.web.quotas import Usage, UsageList, require_quota

WINDOW = timedelta(hours=1)
HOURLY = ("webhook_tests", "redeliveries")


def limit_of(settings: Settings, name: str) -> int:
    limit: int = getattr(settings, f"quota_{name}")
    return limit


async def require_room(session: AsyncSession, settings: Settings, user_id: str, name: str) -> None:
    """Raise `QuotaExceeded` where one more would be too many. The account is locked."""
    used = await QuotaRepository(session, user_id).count_stored(name)
    require_quota(name, used=used, limit=limit_of(settings, name))


async def record_use(
    session: AsyncSession, settings: Settings, user_id: str, name: str, now: datetime
) -> None:
    """Count one use within the hour. The account is locked. Raises `TooManyRequests`."""
    limit, seconds = limit_of(settings, name), int(WINDOW.total_seconds())
    times = await QuotaRepository(session, user_id).list_uses_after(name, now - WINDOW)
    if len(times) >= limit:
        free_at = times[-limit] + WINDOW if limit else now + WINDOW
        raise TooManyRequests(
            f"This account is limited to {limit} {name.replace('_', ' ')} per {seconds} seconds.",
            code="quota-exceeded",
            headers={"Retry-After": str(max(1, ceil((free_at - now).total_seconds())))},
        )
    session.add(QuotaUse(id=new_id(), user_id=user_id, name=name, at=now))


async def measure_usage(session: AsyncSession, settings: Settings, user_id: str, now: datetime) -> UsageList:
    """Every quota of this service, and how much of it `user_id` uses."""
    stored = [
        Usage(
            name=name,
            used=await QuotaRepository(session, user_id).count_stored(name),
            limit=limit_of(settings, name),
        )
        for name in STORED
    ]
    hourly = [
        Usage(
            name=name,
            used=len(await QuotaRepository(session, user_id).list_uses_after(name, now - WINDOW)),
            limit=limit_of(settings, name),
            window_seconds=int(WINDOW.total_seconds()),
        )
        for name in HOURLY
    ]
    return UsageList(items=stored + hourly)
