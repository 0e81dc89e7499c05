"""HTTP in: figures for users."""

from fastapi import Request, Response, Security

from analytics_service import use_cases
from analytics_service.container import container_of
from analytics_service.schemas import Summary
from servicekit.security.auth import CurrentUser, Principal, access_token
from servicekit.web.fast_reads import NO_QUERY, create_fast_reads, render_json
from servicekit.web.routes import SessionDep, create_router

analytics = create_router(prefix="/analytics", tags=["analytics"])


@analytics.get("/summary", dependencies=[Security(access_token, scopes=["analytics:read"])])
async def read_summary(user: CurrentUser, session: SessionDep) -> Summary:
    """Read statistics.

    Counts since the account was made. An event counts some moments after it happened.
    """
    return await use_cases.read_summary(session, user.user_id)


async def _read_summary_fast(request: Request, user: Principal) -> Response:
    return render_json(await use_cases.read_summary_fast(container_of(request.app).database, user.user_id))


FAST_READS = create_fast_reads(analytics.routes, read_summary={NO_QUERY: _read_summary_fast})
