"""The services at the other end of the sidecar, as a page sees them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jwt

from contracts.api.tasks import TaskRead
from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import ServiceUnreachable
from servicekit.security.auth import Principal, TokenVerifier
from tests.api_responses import complete_response
from tests.fake_sidecar import FakeSidecar, make_response

NOTHING: dict[str, Any] = {"items": [], "next_cursor": None, "tasks_created": 0, "tasks_completed": 0}

Serve = Callable[["Call"], SidecarResponse]


@dataclass(frozen=True, slots=True)
class Call:
    """What a service was asked."""

    app: App
    method: str
    path: str
    json: Any
    headers: dict[str, str]

    @property
    def route(self) -> str:
        """Method and path without the query."""
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass
class FakeServices(FakeSidecar):
    """Answers what it was told to; where nobody told it anything, that there is nothing."""

    away: set[App] = field(default_factory=set)
    responses: dict[str, SidecarResponse | Serve] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    is_complete: bool = True
    """Whether answers get the fields that the test left out."""

    async def secret(self, name: str, *, wait: float = 60) -> dict[str, str]:
        return {"key": name}

    async def invoke(
        self,
        app: App,
        method: str,
        path: str,
        *,
        json: Any = None,
        headers: Any = None,
        timeout: float = 10,
    ) -> SidecarResponse:
        call = Call(app, method, path, json, dict(headers or {}))
        self.calls.append(call)
        if app in self.away:
            raise ServiceUnreachable(f"The service {app.value} can't be reached.")
        found = self.responses.get(call.route, make_response(**NOTHING))
        response = found if isinstance(found, SidecarResponse) else found(call)
        return complete_response(method, path, response) if self.is_complete else response

    async def send_once(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> SidecarResponse | None:
        """A file that a page sends as it is; all else goes the way of the gateway."""
        if headers.get("content-type") != "application/octet-stream":
            return await super().send_once(method, path, headers, body, timeout)
        app = App(headers["dapr-app-id"])
        try:
            return await self.invoke(app, method, path, json=body, headers=headers, timeout=timeout)
        except ServiceUnreachable:
            return None

    def called(self, route: str) -> list[Call]:
        return [call for call in self.calls if call.route == route]


def problem(status: int, code: str, detail: str = "", **more: Any) -> SidecarResponse:
    return make_response(status, code=code, detail=detail, **more)


def tokens(
    user: str = "ada", life: timedelta = timedelta(minutes=15), refresh: str = "r1"
) -> SidecarResponse:
    return make_response(access_token=access_token(user, life), refresh_token=refresh, expires_in=900)


def access_token(user: str = "ada", life: timedelta = timedelta(minutes=15)) -> str:
    claims = {"sub": user, "exp": datetime.now(UTC) + life}
    return jwt.encode(claims, "a key of thirty-two bytes or more", algorithm="HS256")


def a_task(**fields: Any) -> TaskRead:
    usual = {
        "id": "01a20a20-adf2-70f8-90f8-d7d6fc4809a6",
        "title": "Buy milk",
        "notes": "",
        "done": False,
        "priority": 0,
        "labels": [],
        "project_id": None,
        "parent_id": None,
        "recurrence": None,
        "subtasks_done": 0,
        "subtasks_total": 0,
        "due_date": None,
        "due_time": None,
        "due_at": None,
        "reminders": [],
        "time_zone": None,
        "version": 1,
    }
    return cast(TaskRead, usual | fields)


class AnyToken(TokenVerifier):
    """Takes a token as it is."""

    def __init__(self) -> None:
        """Without any keys."""

    async def verify(self, token: str) -> Principal:
        claims = jwt.decode(token, options={"verify_signature": False})
        return Principal(claims["sub"], "user", "Europe/Berlin", token, claims["exp"])
