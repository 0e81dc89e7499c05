"""HTTP in: preview of quick add."""

from fastapi import Security

from servicekit.security.auth import access_token
from servicekit.web.routes import ReadOnlyRoute, create_router
from task_service.quickadd import use_cases
from task_service.quickadd.schemas import ParseRequest, QuickAddPreview
from task_service.unit_of_work.unit import UnitOfWorkDep

quick_add = create_router(prefix="/tasks", tags=["tasks"], route_class=ReadOnlyRoute)


@quick_add.post("/parse", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def parse_quick_add(unit: UnitOfWorkDep, body: ParseRequest) -> QuickAddPreview:
    """Preview quick add.

    Previews the task that quick add would create from a text; nothing is stored.
    """
    return await use_cases.preview_quick_add(unit, body)
