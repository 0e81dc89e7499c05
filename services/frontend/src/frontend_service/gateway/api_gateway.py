"""The API gateway, a reverse proxy: takes `/api/v1/...` to a service, through the sidecar.

Raw ASGI, because it is on the way of every request. It adds what a service relies on: an access token
instead of a cookie or an API token, an idempotency key for each unsafe request (which makes every retry
safe), limits.
"""

import gzip
import re
from collections.abc import Iterable

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from contracts.names import App
from frontend_service.container import Container
from frontend_service.gateway.api_tokens import is_api_token
from frontend_service.gateway.client_identification import client_address
from frontend_service.gateway.csrf import SAFE_METHODS, require_same_origin
from frontend_service.gateway.sessions import Session
from overload.retries import send_with_retries
from servicekit.dapr.request_limits import require_sendable
from servicekit.dapr.sidecar import RETRY_PAUSES, SidecarResponse, require_complete
from servicekit.errors import BadRequest, ServiceError
from servicekit.problems import build_problem_response
from servicekit.security.auth import API_PREFIX, parse_bearer_token
from servicekit.web.ids import new_id

PREFIX = API_PREFIX
TIMEOUT_SECONDS = 15
"""For all tries to reach a service."""

FORWARDED_HEADERS = frozenset(
    {
        "accept",
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "mcp-method",
        "mcp-name",
        "mcp-protocol-version",
    }
)
"""Request headers a service gets to see; all others end here, Dapr's own above all."""
NOT_RETURNED_HEADERS = frozenset(
    {
        "connection",
        "content-digest",
        "content-length",
        "date",
        "server",
        "transfer-encoding",
        "traceparent",
    }
)
MIN_COMPRESSED_BYTES = 1024
"""Bytes; compressing less saves nothing."""
GZIP_LEVEL = 1
COMPRESSED_TYPES = ("application/json", "application/problem+json", "text/")
_NO_WEIGHT = re.compile(r"q=0(\.0*)?")
NO_BODY = frozenset({204, 304})

Headers = list[tuple[bytes, bytes]]


class ApiGateway:
    """ASGI app for everything below `/api/v1` that a service answers.

    A request is counted against the rate limit before anything else, so one that is refused costs no call. It
    is sent again where no whole response comes, within `TIMEOUT_SECONDS` and the retry budget of the service.
    The circuit breaker counts only requests that the service did not answer at all: an error is a response.
    """

    def __init__(self, container: Container) -> None:
        self._operations = container.operations
        self._sidecar = container.sidecar
        self._sessions = container.sessions
        self._api_tokens = container.api_tokens
        self._client_identifier = container.client_identifier
        self._rate_limit = container.rate_limit
        self._circuit_breakers = container.circuit_breakers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extra: Headers = []
        try:
            upstream_response = await self._forward(scope, receive, extra)
        except ServiceError as error:
            response = build_problem_response(error)
            response.raw_headers.extend(extra)
            await response(scope, receive, send)
            return
        await _send_response(send, upstream_response, extra, _accepts_gzip(scope))

    async def _forward(self, scope: Scope, receive: Receive, extra: Headers) -> SidecarResponse:
        headers = _read_headers(scope)
        client = await self._client_identifier.identify_request(
            headers, client_address(HTTPConnection(scope))
        )
        left = self._rate_limit.count(client, self._operations.cost(scope["method"], _upstream_path(scope)))
        extra += [(name.lower().encode(), value.encode()) for name, value in left.items()]
        token = parse_bearer_token(headers.get("authorization", ""))
        path = _upstream_path(scope)
        app = self._operations.upstream(scope["method"], path)
        sent = {name: value for name, value in headers.items() if name in FORWARDED_HEADERS}
        sent["dapr-app-id"] = app.value
        if is_api_token(token):
            sent["authorization"] = f"Bearer {await self._api_tokens.access_token(token)}"
        await self._add_session_token(scope["method"], headers, sent, extra)
        if scope["method"] not in SAFE_METHODS:
            sent.setdefault("idempotency-key", f"edge-{new_id()}")
        query = scope["query_string"].decode("latin-1")
        target = f"{path}?{query}" if query else path
        require_sendable(target, sent)
        body = await _read_body(headers, receive)
        return await self._call(app, scope["method"], target, sent, body)

    async def _add_session_token(
        self, method: str, headers: dict[str, str], sent: dict[str, str], extra: Headers
    ) -> None:
        """A browser's session stands for a token, unless the request comes from another site."""
        if "authorization" in headers or "cookie" not in headers:
            return
        session = self._sessions.open(headers["cookie"])
        if session is None:
            return
        if method not in SAFE_METHODS:
            require_same_origin(headers)
        if not session.is_fresh:
            session = await self._renew_session(session, extra)
        if session:
            sent["authorization"] = f"Bearer {session.access_token}"

    async def _renew_session(self, session: Session, extra: Headers) -> Session | None:
        renewed = await self._sessions.renew(session)
        cookie = self._sessions.set_cookie(renewed) if renewed else self._sessions.drop_cookie()
        extra.append((b"set-cookie", cookie.encode()))
        return renewed

    async def _call(
        self, app: App, method: str, target: str, headers: dict[str, str], body: bytes | None
    ) -> SidecarResponse:
        breaker = self._circuit_breakers[app]

        async def once(left: float) -> SidecarResponse | None:
            breaker.check()
            return await self._sidecar.send_once(method, target, headers, body, left)

        response = await send_with_retries(once, TIMEOUT_SECONDS, RETRY_PAUSES, self._sidecar.budgets[app])
        if response is None:
            breaker.failed()
        elif response.is_complete():
            breaker.succeeded()
        return require_complete(response, app)


def _upstream_path(scope: Scope) -> str:
    """After the prefix, as the client sent it."""
    path: str = scope["raw_path"].decode("latin-1")
    return path.removeprefix(PREFIX)


def _read_headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _read_body(headers: dict[str, str], receive: Receive) -> bytes | None:
    """The whole body, of a size `BodyLimit` lets in. Raises `BadRequest` for one that ends too soon."""
    if "content-length" not in headers and "transfer-encoding" not in headers:
        return None
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("The request body is incomplete.", code="body-incomplete")
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _send_response(send: Send, response: SidecarResponse, extra: Headers, accepts_gzip: bool) -> None:
    headers, body = [*_response_headers(response), *extra], response.body
    if _is_compressible(response):
        headers.append((b"vary", b"Accept-Encoding"))
        if accepts_gzip:
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
            headers.append((b"content-encoding", b"gzip"))
    if response.status not in NO_BODY:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_compressible(response: SidecarResponse) -> bool:
    """Text of some size. One with an ETag stays as it is: a strong one is of these very bytes."""
    kind = response.headers.get("content-type", "")
    return (
        len(response.body) >= MIN_COMPRESSED_BYTES
        and kind.startswith(COMPRESSED_TYPES)
        and "etag" not in response.headers
        and "content-encoding" not in response.headers
    )


def _accepts_gzip(scope: Scope) -> bool:
    """Whether `Accept-Encoding` names gzip, and not with `q=0` (RFC 9110, section 12.5.3)."""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            for part in value.decode("latin-1").lower().split(","):
                coding, _, weight = part.partition(";")
                if coding.strip() in ("gzip", "x-gzip"):
                    return not _NO_WEIGHT.fullmatch(weight.strip())
    return False


def _response_headers(response: SidecarResponse) -> Iterable[tuple[bytes, bytes]]:
    for name, value in response.headers.items():
        if name.lower() not in NOT_RETURNED_HEADERS and not name.lower().startswith("dapr-"):
            yield name.lower().encode("latin-1"), value.encode("latin-1")
