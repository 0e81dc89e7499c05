"""Security headers and CORS on every response that leaves for the public; trusted hosts, limits of headers.

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
SECURITY_HEADERS = {
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
API_HEADERS = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
HSTS_HEADERS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
EXPOSED_HEADERS = "ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After"
"""Headers a script of another origin may read."""
PREFLIGHT_HEADERS = {
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": (
        "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID"
    ),
    "access-control-max-age": "7200",
}


@dataclass(frozen=True, slots=True)
class SecurityMiddleware:
    """ASGI middleware.

    secure: whether browsers come by TLS.
    hosts: names the service has; all others are refused, but for what Kubernetes, Prometheus and the
        sidecar ask by address, which in turn nobody gets by these names. Empty: any.
    origins: those whose scripts may use the API by token; `*` for all. Cookies never come along: no response
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
        sender = _HeaderAddingSend(
            send, self._headers_for(scope["path"], headers), is_head=scope["method"] == "HEAD"
        )
        try:
            self._require_admission(scope, headers)
        except ServiceError as error:
            await build_problem_response(error)(scope, receive, sender)
            return
        if _is_preflight(scope, headers):
            await Response(status_code=204, headers=PREFLIGHT_HEADERS)(scope, receive, sender)
            return
        if sender.is_head and scope["path"] != API_PREFIX + STREAM:
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, sender)

    def add_headers(self, response: Response, path: str) -> Response:
        """`response`, that no middleware sends, as one to a request that names no origin."""
        _add_headers(response.headers, self._headers_for(path, {}))
        return response

    def _require_admission(self, scope: Scope, headers: Mapping[bytes, str]) -> None:
        """Raise `BadRequest`, `HeadersTooLarge` or `NotFound`."""
        if not scope["path"].startswith("/"):
            raise BadRequest("The request target must be a path.", code="uri-invalid")
        if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            raise HeadersTooLarge(f"The headers may have at most {MAX_HEADER_BYTES} bytes.")
        if not self.hosts:
            return
        is_public = _host_name(headers.get(b"host", "")) in self.hosts
        if scope["path"] in OPEN:
            if is_public:
                raise NotFound
        elif not is_public and not scope["path"].startswith(CALLBACKS):
            raise BadRequest("This server does not serve that host.", code="unknown-host")

    def _headers_for(self, path: str, headers: Mapping[bytes, str]) -> dict[str, str]:
        extra = SECURITY_HEADERS | (HSTS_HEADERS if self.secure else {})
        if not _is_api(path):
            return extra
        return extra | API_HEADERS | self._cors_headers(headers.get(b"origin", ""))

    def _cors_headers(self, origin: str) -> dict[str, str]:
        """Headers of the Fetch standard (CORS)."""
        if "*" in self.origins:
            return {"access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED_HEADERS}
        if origin not in self.origins:
            return {"vary": "Origin"} if self.origins else {}
        allowed = {"access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED_HEADERS}
        return allowed | {"vary": "Origin"}


@dataclass(frozen=True, slots=True)
class _HeaderAddingSend:
    """A `send` that adds headers, and leaves the body out for HEAD."""

    send: Send
    extra: Mapping[str, str]
    is_head: bool

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            _add_headers(MutableHeaders(scope=message), self.extra)
        elif self.is_head:
            message = {**message, "body": b""}
        await self.send(message)


def _add_headers(headers: MutableHeaders, extra: Mapping[str, str]) -> None:
    for name, value in extra.items():
        if name == "vary":
            headers.add_vary_header(value)
        else:
            headers.setdefault(name, value)
    headers.setdefault("cache-control", "private, no-cache" if "etag" in headers else "no-store")


def create_security_middleware(app: ASGIApp, settings: Settings) -> SecurityMiddleware:
    hosts, origins = split_names(settings.allowed_hosts), split_names(settings.cors_origins)
    return SecurityMiddleware(app, settings.secure_cookies, hosts, origins)


def add_security_middleware(app: FastAPI, settings: Settings) -> FastAPI:
    """Put `SecurityMiddleware` around `app`, as its settings want it."""
    app.add_middleware(create_security_middleware, settings=settings)
    return app


def split_names(text: str) -> frozenset[str]:
    """The parts of a list with commas, without what is around them."""
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())


def _host_name(host: str) -> str:
    """A `Host` without its port."""
    return host.lower() if host.endswith("]") else host.lower().rsplit(":", 1)[0]


def _is_api(path: str) -> bool:
    return path.startswith(API_PREFIX + "/") or path == AGENTS


def _is_preflight(scope: Scope, headers: Mapping[bytes, str]) -> bool:
    asks = b"origin" in headers and b"access-control-request-method" in headers
    return asks and scope["method"] == "OPTIONS" and _is_api(scope["path"])
