"""Every failure as an RFC 9457 problem document, in one shape on every route."""

import logging

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.errors import (
    BadRequest,
    FieldProblem,
    Invalid,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    ServiceError,
    TooLarge,
    Unavailable,
)
from servicekit.observability.tracing import get_trace_id
from servicekit.persistence.database import DatabaseUnavailable, is_unavailable

PROBLEM_CONTENT_TYPE = "application/problem+json"
TOLD_ELSEWHERE = {"overloaded", "database-unavailable"}
"""Codes of what many requests are answered at once: one line for each would cost more than the response."""
log = logging.getLogger(__name__)


class Problem(BaseModel, use_attribute_docstrings=True):
    """An RFC 9457 problem document."""

    type: str
    """`urn:todo:problem:` and the code."""
    title: str
    """What kind of problem it is, for people; the same for each code."""
    status: int
    """The HTTP status."""
    code: str
    """What kind of problem it is, for programs; stable."""
    detail: str
    """What is wrong with this request, for people."""
    errors: list[FieldProblem] = []
    """What is wrong with each field, of a request that is not valid."""
    trace_id: str = ""
    """Names the request in logs and traces; empty if it was not traced."""


def build_problem_response(error: ServiceError) -> Response:
    """The response that tells `error`; what is our fault is logged too, unless it is elsewhere."""
    if error.status >= 500 and error.code not in TOLD_ELSEWHERE:
        log.warning("answered %s %s: %s", error.status, error.code, error.detail)
    body = {
        "type": f"urn:todo:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "trace_id": get_trace_id(),
        **error.extensions(),
    }
    return Response(orjson.dumps(body), error.status, error.headers, PROBLEM_CONTENT_TYPE)


def install_error_handlers(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem document."""
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(DatabaseUnavailable, _on_database_error)
    app.add_exception_handler(PoolTimeout, _on_pool_timeout)
    app.add_exception_handler(OSError, _on_os_error)
    app.add_exception_handler(Exception, _on_unexpected)


class CatchAll:
    """Answers what no handler of the app caught, within the middleware that every response passes.

    Starlette would answer outside of all added middleware, so without a digest, and `Sidecar` couldn't tell
    that response from a broken one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def noting(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if has_started or scope["type"] != "http":
                raise
            await (await _answer_to(Request(scope), error))(scope, receive, send)


async def _answer_to(request: Request, error: Exception) -> Response:
    if isinstance(error, ServiceError):
        return await _on_service_error(request, error)
    if isinstance(error, HTTPException):
        return await _on_http_exception(request, error)
    return await _on_unexpected(request, error)


async def _on_service_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return build_problem_response(error)


async def _on_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return build_problem_response(MalformedJson(str(found[0]["ctx"]["error"])))
    problems = [FieldProblem(pointer=_pointer(item["loc"]), detail=_detail(item["msg"])) for item in found]
    detail = "; ".join(f"{problem.pointer or '/'}: {problem.detail}" for problem in problems[:3])
    return build_problem_response(Invalid(detail, errors=problems))


class _FromFramework(ServiceError):
    title = "The request can't be served"

    def __init__(self, error: HTTPException) -> None:
        super().__init__(code=f"http-{error.status_code}", headers=error.headers)
        self.status = error.status_code  # type: ignore[misc]  # the framework's status, not a class's


def _in_our_words(error: HTTPException) -> ServiceError:
    """What the framework refuses, as we refuse it."""
    if error.status_code == 405:
        return MethodNotAllowed((error.headers or {}).get("Allow", "").split(","))
    ours = {400: BadRequest, 404: NotFound, 413: TooLarge}.get(error.status_code)
    return ours(headers=error.headers) if ours else _FromFramework(error)


async def _on_http_exception(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return build_problem_response(_in_our_words(error))


async def _on_database_error(request: Request, error: Exception) -> Response:
    if not is_unavailable(error):
        return await _on_unexpected(request, error)
    if not isinstance(error, DatabaseUnavailable):
        log.warning("database unavailable: %s", type(getattr(error, "orig", error)).__name__)
    return build_problem_response(Unavailable("The database can't be reached.", code="database-unavailable"))


async def _on_pool_timeout(_: Request, error: Exception) -> Response:
    log.warning("no free database connection", exc_info=error)
    return build_problem_response(Unavailable("The database is busy.", code="database-busy"))


async def _on_os_error(request: Request, error: Exception) -> Response:
    if isinstance(error, ConnectionError | TimeoutError):
        log.warning("connection failed", exc_info=error)
        return build_problem_response(Unavailable())
    return await _on_unexpected(request, error)


async def _on_unexpected(_: Request, error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    return build_problem_response(ServiceError())


def _detail(message: str) -> str:
    """Pydantic's message without the name of the exception class."""
    return message.removeprefix("Value error, ")


def _pointer(location: tuple[int | str, ...]) -> str:
    where, *path = location
    if where == "query":
        return "?" + ".".join(str(part) for part in path)
    return "".join(f"/{part}" for part in path) if where == "body" else f"{where}:{'.'.join(map(str, path))}"
