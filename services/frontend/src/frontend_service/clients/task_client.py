"""The task service: tasks, and what becomes of them. Methods are named like the operations of the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.api.page import Page
from contracts.api.tasks import (
    ActivityRead,
    Move,
    Occurrences,
    QuickAddPreview,
    TaskDraft,
    TaskRead,
    Unskip,
)
from contracts.names import App
from frontend_service.clients.service_client import ServiceClient, page_path

Change = Literal["complete", "reopen", "restore"]


@dataclass(frozen=True, slots=True)
class TaskClient:
    """Every method raises `UpstreamError`, or `Unavailable` while the service can't be reached.

    key: what makes a second sending the same request. version: the one a change was made on.
    """

    client: ServiceClient

    async def list_tasks(self, query: str, limit: int, cursor: str = "") -> Page[TaskRead]:
        """query: filter, sort and search, as `GET /tasks` takes them; empty for all open tasks."""
        path = page_path(f"/tasks?{query}" if query else "/tasks", limit, cursor)
        return await self.client.get(Page[TaskRead], App.TASK, path)

    async def read_task(self, id: str) -> TaskRead:
        return await self.client.get(TaskRead, App.TASK, f"/tasks/{id}")

    async def create_task(self, draft: TaskDraft, *, key: str) -> TaskRead:
        return await self.client.send(TaskRead, App.TASK, "POST", "/tasks", draft, key=key)

    async def update_task(
        self, id: str, patch: Mapping[str, object], *, key: str, version: int | None = None
    ) -> TaskRead:
        """patch: a `TaskPatch`, whose values may be what somebody typed: the service says what is wrong."""
        path = f"/tasks/{id}"
        return await self.client.send(TaskRead, App.TASK, "PATCH", path, patch, key=key, version=version)

    async def change_task(self, id: str, change: Change, *, key: str) -> TaskRead:
        return await self.client.send(TaskRead, App.TASK, "POST", f"/tasks/{id}/{change}", key=key)

    async def delete_task(self, id: str, *, key: str) -> None:
        await self.client.execute(App.TASK, "DELETE", f"/tasks/{id}", key=key)

    async def move_task(self, id: str, place: Move, *, key: str) -> TaskRead:
        return await self.client.send(TaskRead, App.TASK, "POST", f"/tasks/{id}/move", place, key=key)

    async def parse_quick_add(self, text: str) -> QuickAddPreview:
        """What would become of the text; nothing is stored."""
        return await self.client.send(QuickAddPreview, App.TASK, "POST", "/tasks/parse", {"quick": text})

    async def list_activity(self, id: str, limit: int) -> Page[ActivityRead]:
        return await self.client.get(Page[ActivityRead], App.TASK, page_path(f"/tasks/{id}/activity", limit))

    async def list_occurrences(self, id: str, count: int) -> Occurrences:
        """The next `count` dates of a recurring task."""
        return await self.client.get(Occurrences, App.TASK, f"/tasks/{id}/occurrences?count={count}")

    async def skip_occurrence(self, id: str, *, key: str) -> None:
        await self.client.execute(App.TASK, "POST", f"/tasks/{id}/skip", key=key)

    async def unskip_occurrence(self, id: str, occurrence: Unskip, *, key: str) -> None:
        await self.client.execute(App.TASK, "POST", f"/tasks/{id}/unskip", occurrence, key=key)
