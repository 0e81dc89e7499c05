"""Calls of the other services, through the sidecar, in the name of one account.

What is answered has the types of `contracts.api`; the clients beside this module say which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from contracts.names import App
from frontend_service.clients.circuit_breaker import CircuitBreaker
from frontend_service.clients.problem_messages import rephrase_detail, rephrase_problem
from servicekit.dapr.request_limits import require_sendable
from servicekit.dapr.sidecar import Sidecar, SidecarResponse, require_complete
from servicekit.dapr.typed_responses import parse_object, parse_response
from servicekit.errors import ServiceError, ServiceUnreachable

READ_SECONDS = 4
WRITE_SECONDS = 10
FILE_SECONDS = 60
"""For a response about a file, which is read first."""

T = TypeVar("T")
JsonObject = dict[str, object]
"""What is passed on as it came, and not read here."""
Body = Mapping[str, object] | bytes | None


class UpstreamError(ServiceError):
    """A service answered with a problem document."""

    def __init__(self, problem: Mapping[str, Any], status: int) -> None:
        super().__init__(rephrase_problem(str(problem.get("detail", ""))), code=str(problem.get("code", "")))
        self.status = status  # type: ignore[misc]  # the service's status, not a class's
        self.problem = problem

    @property
    def current(self) -> Any:
        """What is stored, when it has changed since it was read (412); empty if it is not told."""
        return self.problem.get("current", {})

    @property
    def by_field(self) -> dict[str, str]:
        """What is wrong, by the first segment of the JSON pointer; an item's fault is its list's."""
        found: dict[str, str] = {}
        for error in self.problem.get("errors", []):
            name = str(error.get("pointer", "")).removeprefix("/").split("/")[0]
            found.setdefault(name, rephrase_detail(str(error.get("detail", ""))))
        return found


@dataclass(frozen=True, slots=True)
class ServiceClient:
    """The services, asked with one access token; each is left alone while it can't be reached."""

    sidecar: Sidecar
    circuit_breakers: Mapping[App, CircuitBreaker]
    token: str = ""
    read_seconds: float = READ_SECONDS

    async def get(self, expected: type[T], app: App, path: str) -> T:
        """What is at `path`. Raises `UpstreamError`, or `Unavailable` when no instance of the service answers
        or what it answers lacks a field of `expected`, as all methods do."""
        response = await self._ask(app, "GET", path, None, {}, self.read_seconds)
        return parse_response(response, expected, app, f"GET {path}")

    async def send(
        self,
        expected: type[T],
        app: App,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str = "",
        version: int | None = None,
    ) -> T:
        """Change something, and read what has become of it.

        key: what makes a second sending the same request.
        version: the one the change was made on.
        """
        headers = _write_headers(key, version)
        response = await self._ask(app, method, path, body, headers, WRITE_SECONDS)
        return parse_response(response, expected, app, f"{method} {path}")

    async def execute(
        self,
        app: App,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str = "",
        version: int | None = None,
    ) -> None:
        """Change something whose new state nobody asks for. key, version: as for `send`."""
        await self._ask(app, method, path, body, _write_headers(key, version), WRITE_SECONDS)

    async def send_file(self, expected: type[T], app: App, path: str, content: bytes, *, key: str) -> T:
        """Post a file as it is. key: as for `send`."""
        headers = {**_write_headers(key, None), "content-type": "application/octet-stream"}
        response = await self._ask(app, "POST", path, content, headers, FILE_SECONDS)
        return parse_response(response, expected, app, f"POST {path}")

    async def _ask(
        self,
        app: App,
        method: str,
        path: str,
        body: Body,
        headers: dict[str, str],
        seconds: float,
    ) -> SidecarResponse:
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        breaker = self.circuit_breakers[app]
        breaker.check()
        try:
            response = await self._invoke(app, method, path, body, headers, seconds)
        except ServiceUnreachable:
            breaker.failed()
            raise
        breaker.succeeded()
        if response.status >= 400:
            raise UpstreamError(parse_object(response) or {}, response.status)
        return response

    async def _invoke(
        self,
        app: App,
        method: str,
        path: str,
        body: Body,
        headers: dict[str, str],
        seconds: float,
    ) -> SidecarResponse:
        if not isinstance(body, bytes):
            return await self.sidecar.invoke(app, method, path, json=body, headers=headers, timeout=seconds)
        sent = {"dapr-app-id": app.value, **headers}
        require_sendable(path, sent)
        return require_complete(await self.sidecar.send_once(method, path, sent, body, seconds), app)


def page_path(path: str, limit: int, cursor: str = "") -> str:
    """The address of one page of the list at `path`."""
    start = f"&cursor={quote(cursor, safe='')}" if cursor else ""
    return f"{path}{'&' if '?' in path else '?'}limit={limit}{start}"


def _write_headers(key: str, version: int | None) -> dict[str, str]:
    headers = {"idempotency-key": f"web-{key}"} if key else {}
    if version is not None:
        headers["if-match"] = f'"{version}"'
    return headers


def is_unavailable(error: ServiceError) -> bool:
    """Whether trying again later may help: the service, or what it needs, can't be reached."""
    return error.status in (429, 503) or error.status >= 500
