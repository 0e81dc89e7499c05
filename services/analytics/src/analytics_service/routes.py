"""HTTP in: figures for users."""

from analytics_service import use_cases
from analytics_service.schemas import Summary
from servicekit.auth import CurrentUser
from servicekit.door import SessionDep, router

analytics = router(prefix="/analytics", tags=["analytics"])


@analytics.get("/summary")
async def read_summary(user: CurrentUser, session: SessionDep) -> Summary:
    return await use_cases.summary(session, user.user_id)
