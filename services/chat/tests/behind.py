"""What is at the other end of chat's sidecar: the state store, and the task service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from multidict import CIMultiDict, CIMultiDictProxy

from contracts.names import App
from servicekit.errors import Unavailable
from servicekit.sidecar import Answer, Sidecar, StateConflict, StateEntry


@dataclass(frozen=True, slots=True)
class Change:
    """What the task service was asked to change."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass
class Behind(Sidecar):
    """Values with ETags, as Redis keeps them, and tasks that are added, completed, deleted."""

    port: int = 1
    values: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    lives: dict[str, int] = field(default_factory=dict)
    """Key → seconds it is kept."""
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    refusal: Answer | None = None
    """What the task service answers to every change instead."""
    has_state: bool = True
    conflicts: int = 0
    """How often somebody else is quicker to write the list of conversations."""

    async def get_state(self, key: str) -> StateEntry:
        self._require_state()
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

    async def invoke(
        self,
        app: App,
        method: str,
        path: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10,
    ) -> Answer:
        assert app is App.TASK
        if method == "GET":
            return answer(items=list(self.tasks.values()), next_cursor=None)
        self.changes.append(Change(method, path, headers or {}))
        return self.refusal or self._change(method, path.split("/")[2:], json)

    def _change(self, method: str, path: list[str], body: Any) -> Answer:
        if not path:
            id = str(len(self.tasks) + 1)
            self.tasks[id] = {"id": id, "title": body["quick"], "done": False}
            return answer(201, **self.tasks[id])
        task = self.tasks[path[0]]
        if method == "DELETE":
            del self.tasks[path[0]]
        else:
            task["done"] = path[1] == "complete"
        return answer(**task)


def answer(status: int = 200, **body: Any) -> Answer:
    return Answer(status, CIMultiDictProxy(CIMultiDict()), orjson.dumps(body))
