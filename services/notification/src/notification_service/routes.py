"""HTTP in: a user's inbox."""

from datetime import UTC, datetime

from fastapi import Request

from notification_service import use_cases
from notification_service.quotas import use_cases as quotas
from notification_service.schemas import NotificationRead
from servicekit.auth import CurrentUser
from servicekit.door import SessionDep, router
from servicekit.ids import PathId
from servicekit.paging import CursorParam, Limit, Page, behind, decode_cursor, encode_cursor, page_of
from servicekit.quotas import UsageList

notifications = router(prefix="/notifications", tags=["notifications"])
usages = router(prefix="/usage", tags=["notifications"])


@notifications.get("")
async def list_notifications(
    user: CurrentUser,
    session: SessionDep,
    unread: bool | None = None,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[NotificationRead]:
    """Newest first."""
    bound_to = f"notifications {user.user_id} {unread}"
    before = behind(decode_cursor(cursor, bound_to=bound_to, values=2)) if cursor else None
    found = await use_cases.list_newest(session, user.user_id, unread, before, limit + 1)
    rows, last = page_of(found, limit)
    return Page(
        items=[NotificationRead.model_validate(row) for row in rows],
        next_cursor=encode_cursor([last.created_at, last.id], bound_to=bound_to) if last else None,
    )


@notifications.post("/{id}/read")
async def mark_read(user: CurrentUser, id: PathId, session: SessionDep) -> NotificationRead:
    return NotificationRead.model_validate(await use_cases.mark_read(session, user.user_id, id))


@usages.get("", include_in_schema=False)
async def read_usage(user: CurrentUser, session: SessionDep, request: Request) -> UsageList:
    """This service's part of `GET /users/me/usage`."""
    return await quotas.usage(session, request.app.state.settings, user.user_id, datetime.now(UTC))
