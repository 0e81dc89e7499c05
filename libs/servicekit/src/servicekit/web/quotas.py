"""Quotas: how much of a service one account may use, and how much of it is used.

Every service with something to limit answers `GET /usage` with its part; the edge puts the parts together
as `GET /users/me/usage`. Limits are settings (`TODO_QUOTA_…`), so a deployment can change them.
"""

from typing import Literal

from servicekit.errors import QuotaExceeded
from servicekit.web.schemas import ResponseModel


class Usage(ResponseModel):
    """How much of one quota is used."""

    name: str
    """Stable, in snake case: `tasks`, `bytes_of_text`, `webhook_tests`."""
    used: int
    """How much is used, in `unit`."""
    limit: int
    """How much may be used, in `unit`."""
    unit: Literal["count", "bytes"] = "count"
    """What is counted."""
    window_seconds: int | None = None
    """Over which time it is counted; null where what is stored counts."""


class UsageList(ResponseModel):
    """All quotas of one service, or of all of them."""

    items: list[Usage]
    """One for each quota."""


def require_quota(name: str, *, used: int, limit: int, adding: int = 1) -> None:
    """Raise `QuotaExceeded` where `adding` to what is `used` goes over the `limit`."""
    if adding > 0 and used + adding > limit:
        raise QuotaExceeded(name, used=used, limit=limit)
