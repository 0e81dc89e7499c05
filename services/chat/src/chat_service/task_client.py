"""The task service, as the assistant and agents use it: through Dapr, with the user's own token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar
from urllib.parse import urlencode

from contracts.api.lists import LabelRead, ProjectRead
from contracts.api.page import Page
from contracts.api.tasks import TaskRead
from contracts.names import App
from servicekit.dapr.sidecar import Sidecar, SidecarResponse
from servicekit.dapr.typed_responses import parse_object, parse_response
from servicekit.errors import (
    FieldProblem,
    Forbidden,
    Invalid,
    NotFound,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from servicekit.security.auth import Principal

T = TypeVar("T")
Body = Mapping[str, object]
StateChange = Literal["complete", "reopen", "delete", "restore"]
CHALLENGE = "WWW-Authenticate"
PAGE = 200
PAGES = 10
"""The assistant looks through at most PAGE x PAGES tasks, newest first."""


@dataclass(frozen=True, slots=True)
class FoundTasks:
    """Tasks, newest first, and whether these are all there are."""

    items: list[TaskRead]
    is_complete: bool = True


@dataclass(slots=True)
class TaskClient:
    """Calls in the name of one user.

    Every change carries an idempotency key made from `message_id` and its place in the message, so
    a message that is handled again changes nothing twice.
    """

    sidecar: Sidecar
    user: Principal
    message_id: str
    _changes: int = 0

    async def list_all_tasks(self, filter: str = "") -> FoundTasks:
        """The tasks that match `filter`, at most PAGE x PAGES of them."""
        tasks: list[TaskRead] = []
        cursor = ""
        for _ in range(PAGES):
            page = await self.list_tasks({"filter": filter, "limit": str(PAGE), "cursor": cursor})
            tasks += page["items"]
            if not page["next_cursor"]:
                return FoundTasks(tasks)
            cursor = page["next_cursor"]
        return FoundTasks(tasks, is_complete=False)

    async def list_tasks(self, query: Mapping[str, str]) -> Page[TaskRead]:
        """One page of tasks; parameters that are empty are left out."""
        return await self._get(Page[TaskRead], "/tasks" + _encode_query(query))

    async def list_projects(self, query: Mapping[str, str]) -> Page[ProjectRead]:
        return await self._get(Page[ProjectRead], "/projects" + _encode_query(query))

    async def list_labels(self, query: Mapping[str, str]) -> Page[LabelRead]:
        return await self._get(Page[LabelRead], "/labels" + _encode_query(query))

    async def read_task(self, id: str) -> TaskRead:
        return await self._get(TaskRead, f"/tasks/{id}")

    async def create_task(self, fields: Body) -> TaskRead:
        """fields: a `TaskDraft`, whose values may be what an agent sent: the service says what is wrong."""
        return await self._send(TaskRead, "POST", "/tasks", fields)

    async def update_task(self, id: str, fields: Body) -> TaskRead:
        """Change what `fields` names (JSON merge patch): a `TaskPatch`, with what an agent sent."""
        return await self._send(TaskRead, "PATCH", f"/tasks/{id}", fields)

    async def quick_add(self, text: str, marks: str | None = None) -> TaskRead:
        """Add what is said in words, as quick add reads it. Raises `Invalid` with the service's own words.

        marks: whose signs stand in it, None: those the user prefers.
        """
        body = {"quick": text} | ({"marks": marks} if marks else {})
        return await self._send(TaskRead, "POST", "/tasks", body)

    async def complete_task(self, id: str) -> TaskRead:
        return await self._send(TaskRead, "POST", f"/tasks/{id}/complete")

    async def reopen_task(self, id: str) -> TaskRead:
        return await self._send(TaskRead, "POST", f"/tasks/{id}/reopen")

    async def restore_task(self, id: str) -> TaskRead:
        return await self._send(TaskRead, "POST", f"/tasks/{id}/restore")

    async def delete_task(self, id: str) -> None:
        await self._send_change("DELETE", f"/tasks/{id}")

    async def set_state(self, change: StateChange, id: str) -> None:
        match change:
            case "complete":
                await self.complete_task(id)
            case "reopen":
                await self.reopen_task(id)
            case "delete":
                await self.delete_task(id)
            case "restore":
                await self.restore_task(id)

    async def _get(self, expected: type[T], path: str) -> T:
        return parse_response(await self._send_request("GET", path), expected, App.TASK, f"GET {path}")

    async def _send(self, expected: type[T], method: str, path: str, body: Body | None = None) -> T:
        response = await self._send_change(method, path, body)
        return parse_response(response, expected, App.TASK, f"{method} {path}")

    async def _send_change(self, method: str, path: str, body: Body | None = None) -> SidecarResponse:
        self._changes += 1
        key = f"chat-{self.message_id}-{self._changes}"
        return await self._send_request(method, path, body, {"idempotency-key": key})

    async def _send_request(
        self, method: str, path: str, body: Body | None = None, headers: Mapping[str, str] | None = None
    ) -> SidecarResponse:
        sent = {"authorization": f"Bearer {self.user.token}", **(headers or {})}
        response = await self.sidecar.invoke(App.TASK, method, path, json=body, headers=sent)
        if response.status >= 400:
            raise _as_service_error(response)
        return response


def _as_service_error(response: SidecarResponse) -> ServiceError:
    """What the task service refused, as chat would itself."""
    if response.status >= 500:
        return Unavailable("The task service can't do that right now.", code="task-unavailable")
    if response.status == 404:
        return NotFound("There is no such task. It may have been deleted.")
    problem = parse_object(response) or {}
    detail = problem.get("detail", "")
    if response.status == 401:
        return Unauthenticated(detail, code=problem.get("code", ""))
    if response.status == 403:
        challenge = {CHALLENGE: response.headers[CHALLENGE]} if CHALLENGE in response.headers else {}
        return Forbidden(detail, code=problem.get("code", ""), headers=challenge)
    wrong = [FieldProblem.model_validate(each) for each in problem.get("errors", ())]
    return Invalid(detail, errors=wrong)


def _encode_query(query: Mapping[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"?{urlencode(given)}" if given else ""
