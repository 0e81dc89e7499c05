"""The door pages come in by: session, same origin, limits; and every failure is a page people can read."""

import gzip
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from frontend_service.clients.service_client import Refused, is_away
from frontend_service.gateway.api_gateway import SAFE, is_same_origin
from frontend_service.gateway.client_identification import Clients, address_of
from frontend_service.gateway.costs import page_cost
from frontend_service.gateway.rate_limit import RateLimit
from frontend_service.web.rendering import HEADERS, note, show_page
from frontend_service.web.request_context import Visit
from servicekit.errors import Forbidden, Invalid, ServiceError, TooLarge, Unauthenticated

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
AWAY = "That part of the system can't be reached right now. Nothing is lost; try again in a moment."
LEAST_PACKED = 1000
PACKING_LEVEL = 4
log = logging.getLogger(__name__)


class PageDoor(APIRoute):
    """A route that answers with HTML."""

    def get_route_handler(self) -> Endpoint:
        endpoint = super().get_route_handler()

        async def enter(request: Request) -> Response:
            visit = Visit(request)
            request.state.visit = visit
            return leave(visit, await _answer(visit, endpoint))

        return enter


def router() -> APIRouter:
    """A router whose routes have the door."""
    return APIRouter(route_class=PageDoor, include_in_schema=False)


def leave(visit: Visit, response: Response) -> Response:
    """`response` with the headers every page has, and what `visit` leaves in the browser."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    for cookie in visit.cookies:
        response.headers.append("set-cookie", cookie)
    if "gzip" in visit.request.headers.get("accept-encoding", "") and len(response.body) > LEAST_PACKED:
        _pack(response)
    return response


def _pack(response: Response) -> None:
    """Compress the page, which repeats itself a lot."""
    response.body = gzip.compress(bytes(response.body), PACKING_LEVEL)
    packed = {"content-encoding": "gzip", "content-length": str(len(response.body))}
    response.headers.update(packed | {"vary": "accept-encoding"})


async def tell(visit: Visit, error: ServiceError) -> Response:
    """`error` for people: as a toast on the open page, else as a page of its own."""
    if isinstance(error, Unauthenticated) or (isinstance(error, Refused) and error.status == 401):
        if visit.session:
            visit.forget()
        return visit.to_sign_in()
    text = AWAY if is_away(error) and error.status != 429 else error.detail
    if visit.wants_fragment:
        return note(visit, text, status=error.status, bad=True)
    return await show_page(visit, "error.html", status=error.status, text=text)


async def _answer(visit: Visit, endpoint: Endpoint) -> Response:
    try:
        _admit(visit.request)
        await visit.open_session()
        return await endpoint(visit.request)
    except ServiceError as error:
        return await tell(visit, error)
    except RequestValidationError:
        return await tell(visit, Invalid("This address does not lead anywhere."))
    except HTTPException as error:
        return await tell(visit, TooLarge() if error.status_code == 413 else Invalid(str(error.detail)))
    except Exception as error:
        log.exception("a page failed", exc_info=error)
        return await tell(visit, ServiceError())


def _admit(request: Request) -> None:
    limit: RateLimit = request.app.state.rate_limit
    clients: Clients = request.app.state.clients
    client = clients.of_browser(request.headers.get("cookie", ""), address_of(request))
    limit.count(client, page_cost(request.method, request.url.path))
    if request.method not in SAFE and not is_same_origin(dict(request.headers)):
        raise Forbidden("This form was sent from another site, so nothing was changed.", code="cross-site")
