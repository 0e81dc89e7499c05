"""HTTP in: figures for users, dead letters for operators."""

from datetime import datetime

from analytics_service import use_cases
from analytics_service.schemas import DeadLetterRead, Summary
from servicekit.auth import CurrentOperator, CurrentUser
from servicekit.door import SessionDep, router
from servicekit.paging import CursorParam, Limit, Page, decode_cursor, encode_cursor, page_of

analytics = router(prefix="/analytics", tags=["analytics"])
operators = router(prefix="/ops", tags=["operators"])


@analytics.get("/summary")
async def read_summary(user: CurrentUser, session: SessionDep) -> Summary:
    return await use_cases.summary(session, user.user_id)


@operators.get("/dead-letters")
async def list_dead_letters(
    _: CurrentOperator, session: SessionDep, limit: Limit = 50, cursor: CursorParam = None
) -> Page[DeadLetterRead]:
    """Newest first. Needs the role operator."""
    before = None
    if cursor:
        parked_at, id = decode_cursor(cursor, bound_to="dead-letters", values=2)
        before = (datetime.fromisoformat(parked_at), id)
    rows, last = page_of(await use_cases.dead_letters(session, before, limit + 1), limit)
    return Page(
        items=[DeadLetterRead.model_validate(row) for row in rows],
        next_cursor=encode_cursor([last.parked_at, last.id], bound_to="dead-letters") if last else None,
    )
