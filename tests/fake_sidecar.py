"""A sidecar in this process: keeps what is asked of it, and answers as a test says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from multidict import CIMultiDict, CIMultiDictProxy

from servicekit.dapr.content_digest import HEADER, compute_digest
from servicekit.dapr.sidecar import Sidecar, SidecarResponse


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived at the sidecar."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    timeout: float

    @property
    def json(self) -> Any:
        return orjson.loads(self.body) if self.body else None


@dataclass
class FakeSidecar(Sidecar):
    """Answers 204 to everything; a test that wants something else overrides `respond`."""

    port: int = 1
    requests: list[Request] = field(default_factory=list, init=False)

    async def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10,
    ) -> SidecarResponse:
        request = Request(method, path, dict(headers or {}), body, timeout)
        self.requests.append(request)
        return self.respond(request)

    def respond(self, request: Request) -> SidecarResponse:
        """The response to `request`. Raises `Unavailable` where nobody can be reached."""
        return make_raw_response(204)


def make_raw_response(
    status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> SidecarResponse:
    """A response as it stands: of Dapr itself, unless its headers say otherwise."""
    return SidecarResponse(status, CIMultiDictProxy(CIMultiDict(headers or {})), body)


def make_response(status: int = 200, **json: Any) -> SidecarResponse:
    """What a service answers, with the digest each of them adds."""
    body = orjson.dumps(json)
    return make_raw_response(status, body, {HEADER: compute_digest(body)})
