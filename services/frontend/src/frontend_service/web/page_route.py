"""The route class of pages: session, CSRF, limits; and every failure is a page people can read."""

import gzip
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.container import container_of
from frontend_service.gateway.client_identification import client_address
from frontend_service.gateway.costs import page_cost
from frontend_service.gateway.csrf import SAFE_METHODS, require_same_origin
from frontend_service.web.rendering import HEADERS, render_page, render_toast
from frontend_service.web.request_context import RequestContext
from servicekit.errors import Invalid, ServiceError, TooLarge, Unauthenticated

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
AWAY = "That part of the system can't be reached right now. Nothing is lost; try again in a moment."
MIN_COMPRESSED_BYTES = 1000
GZIP_LEVEL = 4
log = logging.getLogger(__name__)


class PageRoute(APIRoute):
    """A route that answers with HTML."""

    def get_route_handler(self) -> Endpoint:
        """Wraps the endpoint: rate limit, CSRF check and session before it, headers and cookies after it.

        Whatever fails becomes a page or a toast; nothing is raised.
        """
        endpoint = super().get_route_handler()

        async def handle(request: Request) -> Response:
            context = RequestContext(request)
            request.state.context = context
            return finish_response(context, await _respond(context, endpoint))

        return handle


def page_router() -> APIRouter:
    """A router of pages."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def finish_response(context: RequestContext, response: Response) -> Response:
    """`response` with the headers every page has, and what `context` leaves in the browser."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    for cookie in context.cookies:
        response.headers.append("set-cookie", cookie)
    if (
        "gzip" in context.request.headers.get("accept-encoding", "")
        and len(response.body) > MIN_COMPRESSED_BYTES
    ):
        _compress(response)
    return response


def _compress(response: Response) -> None:
    """Compress the page, which repeats itself a lot."""
    response.body = gzip.compress(bytes(response.body), GZIP_LEVEL)
    packed = {"content-encoding": "gzip", "content-length": str(len(response.body))}
    response.headers.update(packed | {"vary": "accept-encoding"})


async def render_error(context: RequestContext, error: ServiceError) -> Response:
    """`error` for people: as a toast on the open page, else as a page of its own."""
    if isinstance(error, Unauthenticated) or (isinstance(error, UpstreamError) and error.status == 401):
        if context.session:
            context.clear_session()
        return context.redirect_to_sign_in()
    text = AWAY if is_unavailable(error) and error.status != 429 else error.detail
    if context.wants_fragment:
        return render_toast(context, text, status=error.status, bad=True)
    return await render_page(context, "error.html", status=error.status, text=text)


async def _respond(context: RequestContext, endpoint: Endpoint) -> Response:
    try:
        _require_admission(context.request)
        await context.open_session()
        return await endpoint(context.request)
    except ServiceError as error:
        return await render_error(context, error)
    except RequestValidationError:
        return await render_error(context, Invalid("This page does not exist."))
    except HTTPException as error:
        return await render_error(
            context, TooLarge() if error.status_code == 413 else Invalid(str(error.detail))
        )
    except Exception as error:
        log.exception("a page failed", exc_info=error)
        return await render_error(context, ServiceError())


def _require_admission(request: Request) -> None:
    container = container_of(request.app)
    cookie = request.headers.get("cookie", "")
    client = container.client_identifier.identify_browser(cookie, client_address(request))
    container.rate_limit.count(client, page_cost(request.method, request.url.path))
    if request.method not in SAFE_METHODS:
        require_same_origin(request.headers, "This form was sent from another site, so nothing was changed.")
