"""What is at the other end of chat's sidecar: the state store, and the task service."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse, StateConflict, StateEntry
from servicekit.errors import Unavailable
from tests.api_responses import complete_response
from tests.fake_sidecar import FakeSidecar, Request, make_response


@dataclass
class FakeBackend(FakeSidecar):
    """Values with ETags, as Redis keeps them, and tasks that are added, completed, deleted."""

    values: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    lives: dict[str, int] = field(default_factory=dict)
    """Key → seconds it is kept."""
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    refusal: SidecarResponse | None = None
    """What the task service answers to every change instead."""
    is_complete: bool = True
    """Whether the task service sends all fields of its API, or only what tests say."""
    has_state: bool = True
    hanging_reads: int = 0
    conflicts: int = 0
    """How often somebody else is quicker to write the list of conversations."""

    async def get_state(self, key: str, *, timeout: float = 10) -> StateEntry:
        self._require_state()
        if self.hanging_reads:
            self.hanging_reads -= 1
            raise Unavailable(f"Nothing came in {timeout} s.")
        raw, version = self.values.get(key, (b"null", 0))
        return StateEntry(orjson.loads(raw), str(version) if version else "")

    async def save_state(self, key: str, value: Any, *, etag: str = "", ttl_seconds: int = 0) -> None:
        self._require_state()
        if key.startswith("conversations:") and self.conflicts:
            self.conflicts -= 1
            raise StateConflict(key)
        _, version = self.values.get(key, (b"", 0))
        if etag != (str(version) if version else ""):
            raise StateConflict(key)
        self.values[key], self.lives[key] = (orjson.dumps(value), version + 1), ttl_seconds

    async def delete_state(self, key: str) -> None:
        self._require_state()
        self.values.pop(key, None)

    def _require_state(self) -> None:
        if not self.has_state:
            raise Unavailable("The state store can't be reached.", code="state-unavailable")

    @property
    def changes(self) -> list[Request]:
        """What the task service was asked to change."""
        return [request for request in self.requests if request.method != "GET"]

    def respond(self, request: Request) -> SidecarResponse:
        assert request.headers["dapr-app-id"] == App.TASK
        if request.method == "GET":
            response = self._read(request.path)
        else:
            response = self.refusal or self._change(request.method, request.path.split("/")[2:], request.json)
        if not self.is_complete:
            return response
        return complete_response(request.method, request.path, response)

    def _read(self, path: str) -> SidecarResponse:
        kind, _, id = path.partition("?")[0].removeprefix("/").partition("/")
        if id:
            return (
                make_response(**self.tasks[id])
                if id in self.tasks
                else make_response(404, detail="Not found")
            )
        return make_response(items=list(self.tasks.values()) if kind == "tasks" else [], next_cursor=None)

    def _change(self, method: str, path: list[str], body: Any) -> SidecarResponse:
        if not path:
            id = str(len(self.tasks) + 1)
            given = {"title": body["quick"]} if "quick" in body else body
            self.tasks[id] = {"id": id, "done": False, **given}
            return make_response(201, **self.tasks[id])
        task = self.tasks[path[0]]
        if method == "DELETE":
            del self.tasks[path[0]]
        elif method == "PATCH":
            task |= body | ({"labels": body["labels"] or []} if "labels" in body else {})
        else:
            task["done"] = path[1] == "complete"
        return make_response(**task)
