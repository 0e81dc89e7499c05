"""HTTP in: a user's inbox."""

from notification_service import use_cases
from notification_service.schemas import NotificationRead
from servicekit.auth import CurrentUser
from servicekit.door import SessionDep, router
from servicekit.ids import PathId
from servicekit.paging import CursorParam, Limit, Page, decode_cursor, encode_cursor, page_of

notifications = router(prefix="/notifications", tags=["notifications"])


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
    before = decode_cursor(cursor, bound_to=bound_to, values=1)[0] if cursor else None
    found = await use_cases.list_newest(session, user.user_id, unread, before, limit + 1)
    rows, last = page_of(found, limit)
    return Page(
        items=[NotificationRead.model_validate(row) for row in rows],
        next_cursor=encode_cursor([last.id], bound_to=bound_to) if last else None,
    )


@notifications.post("/{id}/read")
async def mark_read(user: CurrentUser, id: PathId, session: SessionDep) -> NotificationRead:
    return NotificationRead.model_validate(await use_cases.mark_read(session, user.user_id, id))
