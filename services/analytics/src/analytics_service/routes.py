"""HTTP in: figures for users."""

from fastapi import Request, Response

from analytics_service import use_cases
from analytics_service.schemas import Summary
from servicekit.auth import CurrentUser, Principal
from servicekit.door import SessionDep, router
from servicekit.quick import PLAIN, as_json, quick

analytics = router(prefix="/analytics", tags=["analytics"])


@analytics.get("/summary")
async def read_summary(user: CurrentUser, session: SessionDep) -> Summary:
    return await use_cases.read_summary(session, user.user_id)


async def _read_summary_fast(request: Request, user: Principal) -> Response:
    return as_json(await use_cases.read_summary_fast(request.app.state.database, user.user_id))


QUICK = quick(analytics.routes, read_summary={PLAIN: _read_summary_fast})
