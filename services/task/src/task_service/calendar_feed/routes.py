"""HTTP in: the private calendar address."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import Path, Query, Request, Response, Security
from fastapi.responses import StreamingResponse

from servicekit.security.auth import access_token
from servicekit.web.routes import SessionDep, create_router
from task_service.calendar_feed import use_cases
from task_service.calendar_feed.schemas import FeedCreated, FeedRead
from task_service.container import ContainerDep
from task_service.import_export import export
from task_service.import_export.routes import ComponentsParam
from task_service.named_resources import use_cases as named
from task_service.saved_filters import use_cases as filters
from task_service.tasks.schemas import Id, Name
from task_service.unit_of_work.unit import UnitOfWork, UnitOfWorkDep

EXTENSION = ".ics"
FORMAT_VERSION = 2
"""Counts the ways calendars have been written in: with another one, everything is read again."""
Secret = Annotated[str, Path(max_length=100, description="the secret and `.ics`")]

feed = create_router(prefix="/calendar", tags=["calendar"])
public_feed = create_router(prefix="/calendar", tags=["calendar"])


@feed.get("", dependencies=[Security(access_token)])
async def read_feed(unit: UnitOfWorkDep) -> FeedRead:
    """Read whether there is a calendar address.

    The address itself is shown only when it is made.
    """
    found = await use_cases.read_feed(unit)
    return FeedRead(active=found is not None, created_at=found.created_at if found else None)


@feed.post("", status_code=201, dependencies=[Security(access_token)])
async def renew_feed(unit: UnitOfWorkDep, container: ContainerDep) -> FeedCreated:
    """Make a calendar address.

    Makes a secret address that calendar programs can subscribe to; an earlier one ends.
    """
    found, secret = await use_cases.renew_feed(unit)
    path = f"/api/v1/calendar/{secret}{EXTENSION}"
    url = container.settings.public_url.rstrip("/") + path
    return FeedCreated(active=True, created_at=found.created_at, path=path, url=url)


@feed.delete("", status_code=204, dependencies=[Security(access_token)])
async def end_feed(unit: UnitOfWorkDep) -> None:
    """Close the calendar address.

    What calendar programs ask for from then on is not found.
    """
    await use_cases.close_feed(unit)


@public_feed.get(
    "/{id}", response_class=StreamingResponse, responses={200: {"content": {"text/calendar": {}}}}
)
async def subscribe(
    id: Secret,
    session: SessionDep,
    request: Request,
    container: ContainerDep,
    components: ComponentsParam = "event",
    project: Annotated[Id | None, Query(description="only tasks of the project of this id")] = None,
    filter: Annotated[Name | None, Query(description="a saved filter, by its name or id")] = None,
) -> Response:
    """Subscribe to a calendar.

    The open tasks of whoever made this address, read-only, as iCalendar; see docs/calendars.md.
    """
    user = await use_cases.find_owner(session, id.removesuffix(EXTENSION))
    unit = UnitOfWork(session, user)
    stand = (await unit.changes.read_counter()).last
    choice = export.CalendarOptions(user.time_zone, components, open_only=True, project=project)
    if project:
        await named.read_resource(unit.projects, project)
    if filter:
        await filters.resolve_filter(unit, filter)
        choice = replace(choice, pages=partial(use_cases.iterate_pages, user, filter), name=filter)
    stream = export.export_ical(container.database, user, choice)
    headers = {"etag": _make_etag(stand, request.url.query, filter), "cache-control": "private, no-cache"}
    return StreamingResponse(stream, media_type="text/calendar; charset=utf-8", headers=headers)


@public_feed.head("/{id}", include_in_schema=False)
async def check_feed(id: Secret, session: SessionDep) -> Response:
    """Whether there is such an address."""
    await use_cases.find_owner(session, id.removesuffix(EXTENSION))
    return Response(media_type="text/calendar; charset=utf-8")


def _make_etag(stand: int, query: str, filter: str | None) -> str:
    """What a filter finds may change with the time alone, so it is another one each minute."""
    minute = f"{datetime.now(UTC):%Y%m%d%H%M}" if filter else ""
    digest = hashlib.sha256(f"{FORMAT_VERSION} {stand} {query} {minute}".encode()).hexdigest()
    return f'"{digest[:24]}"'
