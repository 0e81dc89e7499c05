"""Calls of the other services, through the sidecar, in the name of one account.

What is answered has the types of `contracts.api`; the clients beside this module say which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from contracts.names import App
from frontend_service.clients.circuit_breaker import CircuitBreaker
from frontend_service.clients.problem_messages import rephrase_detail, rephrase_problem
from servicekit.dapr.request_limits import require_sendable
from servicekit.dapr.sidecar import Sidecar, SidecarResponse, require_complete
from servicekit.errors import ServiceError, ServiceUnreachable, Unavailable

READ_SECONDS = 4
WRITE_SECONDS = 10
FILE_SECONDS = 60
"""For an answer about a file, which is read first."""

Json = dict[str, Any]
Body = Mapping[str, object] | bytes | None


class UpstreamError(ServiceError):
    """A service answered with a problem document."""

    def __init__(self, problem: Json, status: int) -> None:
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

    async def get(self, app: App, path: str) -> Any:
        """Raises `UpstreamError`, or `Unavailable` when no instance of the service answers."""
        return _require_object(app, await self._ask(app, "GET", path, None, {}, self.read_seconds))

    async def send(
        self,
        app: App,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str = "",
        version: int | None = None,
    ) -> Any:
        """Change something; empty if the answer has no body. Raises `UpstreamError` or `Unavailable`.

        key: what makes a second sending the same request.
        version: the one the change was made on.
        """
        headers = {"idempotency-key": f"web-{key}"} if key else {}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        response = await self._ask(app, method, path, body, headers, WRITE_SECONDS)
        return _require_object(app, response) if response.body else {}

    async def send_file(self, app: App, path: str, content: bytes, *, key: str) -> Any:
        """Post a file as it is. key, and what is raised: as for `send`."""
        headers = {"idempotency-key": f"web-{key}", "content-type": "application/octet-stream"}
        return _require_object(app, await self._ask(app, "POST", path, content, headers, FILE_SECONDS))

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
            raise UpstreamError(_parse_object(response) or {}, response.status)
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
        return require_complete(await self.sidecar.answer(method, path, sent, body, seconds), app)


def page_path(path: str, limit: int, cursor: str = "") -> str:
    """The address of one page of the list at `path`."""
    start = f"&cursor={quote(cursor, safe='')}" if cursor else ""
    return f"{path}{'&' if '?' in path else '?'}limit={limit}{start}"


def _require_object(app: App, response: SidecarResponse) -> Json:
    """The JSON object in `answer`. Raises `Unavailable` for anything else."""
    found = _parse_object(response)
    if found is None:
        raise Unavailable(f"The service {app.value} sent no JSON.", code=f"{app.value}-unavailable")
    return found


def is_unavailable(error: ServiceError) -> bool:
    """Whether trying again later may help: the service, or what it needs, can't be reached."""
    return error.status in (429, 503) or error.status >= 500


def _parse_object(response: SidecarResponse) -> Json | None:
    try:
        found = response.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
