"""HTTP in: the private calendar address."""

from typing import Annotated

from fastapi import Path, Request, Response
from fastapi.responses import StreamingResponse

from servicekit.auth import CurrentUser
from servicekit.door import SessionDep, router
from task_service.changes import repository as changes
from task_service.feed import use_cases
from task_service.transfer import export
from task_service.transfer.schemas import FeedCreated, FeedRead

EXTENSION = ".ics"

feed = router(prefix="/calendar", tags=["calendar"])
public_feed = router(prefix="/calendar", tags=["calendar"], public=True)


@feed.get("")
async def read_feed(user: CurrentUser, session: SessionDep) -> FeedRead:
    """Whether there is an address; the address itself is shown only when it is made."""
    found = await use_cases.read(session, user)
    return FeedRead(active=found is not None, created_at=found.created_at if found else None)


@feed.post("", status_code=201)
async def renew_feed(user: CurrentUser, session: SessionDep) -> FeedCreated:
    """Makes a secret address that calendar programs can subscribe to; an earlier one ends."""
    found, secret = await use_cases.renew(session, user)
    path = f"/api/v1/calendar/{secret}{EXTENSION}"
    return FeedCreated(active=True, created_at=found.created_at, path=path)


@feed.delete("", status_code=204)
async def end_feed(user: CurrentUser, session: SessionDep) -> None:
    """Closes the address at once."""
    await use_cases.end(session, user)


@public_feed.get(
    "/{id}", response_class=StreamingResponse, responses={200: {"content": {"text/calendar": {}}}}
)
async def subscribe(
    id: Annotated[str, Path(max_length=100, description="the secret and `.ics`")],
    session: SessionDep,
    request: Request,
) -> Response:
    """The open tasks of whoever made this address, read-only, as iCalendar."""
    user_id = await use_cases.owner(session, id.removesuffix(EXTENSION))
    stand = (await changes.counter(session, user_id)).last
    stream = export.as_ical(request.app.state.database, user_id, open_only=True)
    headers = {"etag": f'"{stand}"', "cache-control": "private, no-cache"}
    return StreamingResponse(stream, media_type="text/calendar; charset=utf-8", headers=headers)
