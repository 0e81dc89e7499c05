"""How much of its quotas an account uses, and whether more would fit."""

from collections.abc import Mapping

from servicekit.web.quotas import Usage, UsageList, require_quota
from task_service.quotas.amounts import ALL
from task_service.quotas.recorder import LIMITS
from task_service.unit_of_work.unit import UnitOfWork


async def read_usage(unit: UnitOfWork, limits: Mapping[str, int]) -> UsageList:
    """Every quota of the account, those that make room for themselves included."""
    used = await unit.usage.read_usage()
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


async def require_room(unit: UnitOfWork, adding: Mapping[str, int]) -> None:
    """Raise `QuotaExceeded` where what is planned (`tasks`, `bytes_of_text`, `projects`, …) would not fit.

    For plans of many rows; every write is checked by itself again. Needs a session that writes.
    """
    limits: Mapping[str, int] = unit.session.info.get(LIMITS, {})
    used = await unit.usage.read_usage()
    for name, number in adding.items():
        if name in limits:
            require_quota(name, used=getattr(used, name), limit=limits[name], adding=number)
