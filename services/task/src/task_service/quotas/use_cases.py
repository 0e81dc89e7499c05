"""How much of its quotas an account uses, and whether more would fit."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.web.quotas import Usage, UsageList, require_quota
from task_service.quotas import repository
from task_service.quotas.amounts import ALL
from task_service.quotas.recorder import LIMITS


async def read_usage(session: AsyncSession, user_id: str, limits: Mapping[str, int]) -> UsageList:
    """Every quota of the account, those that make room for themselves included."""
    used = await repository.usage_of(session, user_id)
    return UsageList(
        items=[
            Usage(
                name=name,
                used=max(0, getattr(used, name)),
                limit=limits[name],
                unit="bytes" if name.startswith("bytes") else "count",
            )
            for name in ALL
        ]
    )


async def require_room(session: AsyncSession, user_id: str, adding: Mapping[str, int]) -> None:
    """Raise `QuotaExceeded` where what is planned (`tasks`, `bytes_of_text`, `projects`, …) would not fit.

    For plans of many rows; every write is checked by itself again. Needs a session that writes.
    """
    limits: Mapping[str, int] = session.info.get(LIMITS, {})
    used = await repository.usage_of(session, user_id)
    for name, number in adding.items():
        if name in limits:
            require_quota(name, used=getattr(used, name), limit=limits[name], adding=number)
