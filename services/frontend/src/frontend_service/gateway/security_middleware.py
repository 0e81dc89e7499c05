"""What is said with every answer that leaves for the public, and what is refused before anything else.

Outside of all other middleware, so errors and refusals of any part have the headers, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontend_service.gateway.upstreams import AGENTS, STREAM
from frontend_service.settings import Settings
from servicekit.dapr.app_token import CALLBACKS, OPEN
from servicekit.errors import BadRequest, HeadersTooLarge, NotFound, ServiceError
from servicekit.problems import build_problem_response
from servicekit.security.auth import API_PREFIX

MAX_HEADER_BYTES = 32 * 1024
"""Of one request, cookies included."""
ALWAYS = {
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
OF_THE_API = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
TLS_ONLY = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
READABLE = "ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After"
"""Headers a script of another origin may read."""
PREFLIGHT = {
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": (
        "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID"
    ),
    "access-control-max-age": "7200",
}


@dataclass(frozen=True, slots=True)
class PublicAnswers:
    """ASGI middleware.

    secure: whether browsers come by TLS.
    hosts: names the service has; all others are refused, but for what Kubernetes, Prometheus and the
        sidecar ask by address, which in turn nobody gets by these names. Empty: any.
    origins: those whose scripts may use the API by token; `*` for all. Cookies never come along: no answer
        allows credentials.
    """

    app: ASGIApp
    secure: bool
    hosts: frozenset[str]
    origins: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        said = _Speaking(send, self._told(scope["path"], headers), is_head=scope["method"] == "HEAD")
        try:
            self._admit(scope, headers)
        except ServiceError as error:
            await build_problem_response(error)(scope, receive, said)
            return
        if _is_preflight(scope, headers):
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, said)
            return
        if said.is_head and scope["path"] != API_PREFIX + STREAM:
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, said)

    def complete(self, answer: Response, path: str) -> Response:
        """`answer`, that no middleware sends, as said to a request that names no origin."""
        _add(answer.headers, self._told(path, {}))
        return answer

    def _admit(self, scope: Scope, headers: Mapping[bytes, str]) -> None:
        """Raise `BadRequest`, `HeadersTooLarge` or `NotFound`."""
        if not scope["path"].startswith("/"):
            raise BadRequest("The address must be a path.", code="uri-invalid")
        if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            raise HeadersTooLarge(f"The headers may have {MAX_HEADER_BYTES} bytes.")
        if not self.hosts:
            return
        is_public = _name(headers.get(b"host", "")) in self.hosts
        if scope["path"] in OPEN:
            if is_public:
                raise NotFound
        elif not is_public and not scope["path"].startswith(CALLBACKS):
            raise BadRequest("There is no such host here.", code="unknown-host")

    def _told(self, path: str, headers: Mapping[bytes, str]) -> dict[str, str]:
        told = ALWAYS | (TLS_ONLY if self.secure else {})
        if not _is_api(path):
            return told
        return told | OF_THE_API | self._cross_origin(headers.get(b"origin", ""))

    def _cross_origin(self, origin: str) -> dict[str, str]:
        """Headers of the Fetch standard (CORS)."""
        if "*" in self.origins:
            return {"access-control-allow-origin": "*", "access-control-expose-headers": READABLE}
        if origin not in self.origins:
            return {"vary": "Origin"} if self.origins else {}
        allowed = {"access-control-allow-origin": origin, "access-control-expose-headers": READABLE}
        return allowed | {"vary": "Origin"}


@dataclass(frozen=True, slots=True)
class _Speaking:
    """A `send` that adds headers, and leaves the body out for HEAD."""

    send: Send
    told: Mapping[str, str]
    is_head: bool

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            _add(MutableHeaders(scope=message), self.told)
        elif self.is_head:
            message = {**message, "body": b""}
        await self.send(message)


def _add(headers: MutableHeaders, told: Mapping[str, str]) -> None:
    for name, value in told.items():
        if name == "vary":
            headers.add_vary_header(value)
        else:
            headers.setdefault(name, value)
    headers.setdefault("cache-control", "private, no-cache" if "etag" in headers else "no-store")


def public_answers(app: ASGIApp, settings: Settings) -> PublicAnswers:
    hosts, origins = names(settings.allowed_hosts), names(settings.cors_origins)
    return PublicAnswers(app, settings.secure_cookies, hosts, origins)


def speak_in_public(app: FastAPI) -> FastAPI:
    """Put `PublicAnswers` around `app`, as its settings want it."""
    app.add_middleware(public_answers, settings=app.state.settings)
    return app


def names(text: str) -> frozenset[str]:
    """The parts of a list with commas, without what is around them."""
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())


def _name(host: str) -> str:
    """A `Host` without its port."""
    return host.lower() if host.endswith("]") else host.lower().rsplit(":", 1)[0]


def _is_api(path: str) -> bool:
    return path.startswith(API_PREFIX + "/") or path == AGENTS


def _is_preflight(scope: Scope, headers: Mapping[bytes, str]) -> bool:
    asks = b"origin" in headers and b"access-control-request-method" in headers
    return asks and scope["method"] == "OPTIONS" and _is_api(scope["path"])
