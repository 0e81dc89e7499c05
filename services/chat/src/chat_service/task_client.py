"""The task service, as the assistant and agents use it: through Dapr, with the user's own token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from contracts.names import App
from servicekit.dapr.sidecar import Sidecar, SidecarResponse
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

Task = dict[str, Any]
Page = dict[str, Any]
"""`items` and `next_cursor`."""
StateChange = Literal["complete", "reopen", "delete", "restore"]
CHALLENGE = "WWW-Authenticate"
PAGE = 200
PAGES = 10
"""The assistant looks through at most PAGE x PAGES tasks, newest first."""


@dataclass(frozen=True, slots=True)
class FoundTasks:
    """Tasks, newest first, and whether these are all there are."""

    items: list[Task]
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
        tasks: list[Task] = []
        cursor = ""
        for _ in range(PAGES):
            page = await self.list_tasks({"filter": filter, "limit": str(PAGE), "cursor": cursor})
            tasks += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return FoundTasks(tasks)
        return FoundTasks(tasks, is_complete=False)

    async def list_tasks(self, query: Mapping[str, str]) -> Page:
        """One page of tasks; parameters that are empty are left out."""
        return _read_json(await self._send_request("GET", "/tasks" + _encode_query(query)))

    async def list_projects(self, query: Mapping[str, str]) -> Page:
        return _read_json(await self._send_request("GET", "/projects" + _encode_query(query)))

    async def list_labels(self, query: Mapping[str, str]) -> Page:
        return _read_json(await self._send_request("GET", "/labels" + _encode_query(query)))

    async def read_task(self, id: str) -> Task:
        return _read_json(await self._send_request("GET", f"/tasks/{id}"))

    async def create_task(self, fields: Task) -> Task:
        return _read_json(await self._send_change("POST", "/tasks", fields))

    async def update_task(self, id: str, fields: Task) -> Task:
        """Change what `fields` names (JSON merge patch)."""
        return _read_json(await self._send_change("PATCH", f"/tasks/{id}", fields))

    async def quick_add(self, text: str, marks: str | None = None) -> Task:
        """Add what is said in words, as quick add reads it. Raises `Invalid` with the service's own words.

        marks: whose signs stand in it, None: those the user prefers.
        """
        return _read_json(
            await self._send_change("POST", "/tasks", {"quick": text} | ({"marks": marks} if marks else {}))
        )

    async def complete_task(self, id: str) -> Task:
        return _read_json(await self._send_change("POST", f"/tasks/{id}/complete"))

    async def reopen_task(self, id: str) -> Task:
        return _read_json(await self._send_change("POST", f"/tasks/{id}/reopen"))

    async def restore_task(self, id: str) -> Task:
        return _read_json(await self._send_change("POST", f"/tasks/{id}/restore"))

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

    async def _send_change(self, method: str, path: str, json: Any = None) -> SidecarResponse:
        self._changes += 1
        key = f"chat-{self.message_id}-{self._changes}"
        return await self._send_request(method, path, json, {"idempotency-key": key})

    async def _send_request(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None
    ) -> SidecarResponse:
        sent = {"authorization": f"Bearer {self.user.token}", **(headers or {})}
        answer = await self.sidecar.invoke(App.TASK, method, path, json=json, headers=sent)
        if answer.status >= 400:
            raise _as_service_error(answer)
        return answer


def _as_service_error(answer: SidecarResponse) -> ServiceError:
    """What the task service refused, as chat would itself."""
    if answer.status >= 500:
        return Unavailable("The task service can't do that right now.", code="task-unavailable")
    if answer.status == 404:
        return NotFound("There is no such task. It may have been deleted.")
    problem = answer.json()
    detail = problem.get("detail", "")
    if answer.status == 401:
        return Unauthenticated(detail, code=problem.get("code", ""))
    if answer.status == 403:
        challenge = {CHALLENGE: answer.headers[CHALLENGE]} if CHALLENGE in answer.headers else {}
        return Forbidden(detail, code=problem.get("code", ""), headers=challenge)
    wrong = [FieldProblem.model_validate(each) for each in problem.get("errors", ())]
    return Invalid(detail, errors=wrong)


def _encode_query(query: Mapping[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"?{urlencode(given)}" if given else ""


def _read_json(answer: SidecarResponse) -> dict[str, Any]:
    read: dict[str, Any] = answer.json()
    return read
