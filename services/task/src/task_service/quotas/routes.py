"""HTTP in: what an account uses of its quotas; the edge puts the parts of all services together."""

from fastapi import Request

from servicekit.security.auth import CurrentUser
from servicekit.web.quotas import UsageList
from servicekit.web.routes import SessionDep, create_router
from task_service.quotas import use_cases
from task_service.quotas.recorder import limits_of

usage = create_router(tags=["account"])


@usage.get("/usage", include_in_schema=False)
async def read_usage(user: CurrentUser, request: Request, session: SessionDep) -> UsageList:
    return await use_cases.read_usage(session, user.user_id, limits_of(request.app.state.settings))
