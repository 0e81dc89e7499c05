"""HTTP in: incremental sync."""

from typing import Annotated

from fastapi import Query, Security

from servicekit.security.auth import access_token
from servicekit.web.routes import create_router
from task_service.sync import use_cases
from task_service.sync.schemas import Changes
from task_service.unit_of_work.unit import UnitOfWorkDep

changes = create_router(prefix="/changes", tags=["many at once"])

Since = Annotated[str | None, Query(max_length=200, description="`next_token` of the response before")]


@changes.get("", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def list_changes(
    unit: UnitOfWorkDep,
    since: Since = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Changes per response")] = 200,
) -> Changes:
    """List changes since a token.

    What is different since the token, oldest first; without one, everything.

    Each thing comes once, as it is now. A token is good for 90 days; for an older one everything comes
    again, with `full_sync`.
    """
    return await use_cases.read_changes(unit, since, limit)
