"""HTTP in: a user's inbox."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response, Security

from notification_service import use_cases
from notification_service.container import ContainerDep, container_of
from notification_service.quotas import use_cases as quotas
from notification_service.schemas import NotificationRead
from servicekit.persistence.prepared_queries import Row
from servicekit.security.auth import CurrentUser, Principal, access_token
from servicekit.web.fast_reads import NO_QUERY, create_fast_reads, render_json
from servicekit.web.ids import PathId
from servicekit.web.pagination import (
    CursorParam,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    paginate,
    parse_time_and_id,
)
from servicekit.web.quotas import UsageList
from servicekit.web.routes import SessionDep, create_router

notifications = create_router(prefix="/notifications", tags=["notifications"])
usages = create_router(prefix="/usage", tags=["notifications"])
PAGE = 50


@notifications.get("", dependencies=[Security(access_token, scopes=["notifications:read"])])
async def list_notifications(
    user: CurrentUser,
    session: SessionDep,
    unread: Annotated[bool | None, Query(description="only unread entries, or only read ones")] = None,
    limit: Limit = PAGE,
    cursor: CursorParam = None,
) -> Page[NotificationRead]:
    """List the inbox.

    Newest first. With `unread` only what was not read yet, or only what was.
    """
    scope = _cursor_scope(user, unread)
    before = parse_time_and_id(decode_cursor(cursor, scope=scope, values=2)) if cursor else None
    found = await use_cases.list_entries(session, user.user_id, unread, before, limit + 1)
    rows, last = paginate(found, limit)
    return Page(
        items=[NotificationRead.model_validate(row) for row in rows],
        next_cursor=encode_cursor([last.created_at, last.id], scope=scope) if last else None,
    )


@notifications.post("/{id}/read", dependencies=[Security(access_token, scopes=["notifications:write"])])
async def mark_read(user: CurrentUser, id: PathId, session: SessionDep) -> NotificationRead:
    """Mark an entry as read.

    Marks it once: a second time changes nothing.
    """
    return NotificationRead.model_validate(await use_cases.mark_read(session, user.user_id, id))


@usages.get("", include_in_schema=False, dependencies=[Security(access_token, scopes=["account:read"])])
async def read_usage(user: CurrentUser, session: SessionDep, container: ContainerDep) -> UsageList:
    """This service's part of `GET /users/me/usage`."""
    return await quotas.measure_usage(session, container.settings, user.user_id, datetime.now(UTC))


def _cursor_scope(user: Principal, unread: bool | None) -> str:
    return f"notifications {user.user_id} {unread}"


async def _list_fast(request: Request, user: Principal, unread: bool | None = None) -> Response:
    """The first page; of unread entries only, or of all."""
    database = container_of(request.app).database
    found = await use_cases.first_page(database, user.user_id, PAGE + 1, only_unread=unread is True)
    rows, last = paginate(found, PAGE)
    end = [last["created_at"], last["id"]] if last else None
    next_cursor = encode_cursor(end, scope=_cursor_scope(user, unread)) if end else None
    return render_json({"items": [_show_entry(row) for row in rows], "next_cursor": next_cursor})


async def _list_unread_fast(request: Request, user: Principal) -> Response:
    return await _list_fast(request, user, unread=True)


def _show_entry(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in NotificationRead.model_fields}


FAST_READS = create_fast_reads(
    notifications.routes, list_notifications={NO_QUERY: _list_fast, "unread=true": _list_unread_fast}
)
