"""The task service, as the assistant uses it: through Dapr, with the user's own token."""

from dataclasses import dataclass
from typing import Any

from contracts.names import App
from servicekit.auth import Principal
from servicekit.errors import Invalid, NotFound, Unavailable
from servicekit.sidecar import Answer, Sidecar

Task = dict[str, Any]
PAGE = 200
PAGES = 10
"""The assistant looks through at most PAGE x PAGES tasks, newest first."""


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

    async def all(self) -> list[Task]:
        tasks: list[Task] = []
        cursor = ""
        for _ in range(PAGES):
            answer = await self._call("GET", f"/tasks?limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
            page = answer.json()
            tasks += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                break
        return tasks

    async def add(self, text: str) -> Task:
        """Add what is said in words, as quick add reads it. Raises `Invalid` with the service's own words."""
        return self._task(await self._change("POST", "/tasks", {"quick": text}))

    async def complete(self, id: str) -> Task:
        return self._task(await self._change("POST", f"/tasks/{id}/complete"))

    async def reopen(self, id: str) -> Task:
        return self._task(await self._change("POST", f"/tasks/{id}/reopen"))

    async def restore(self, id: str) -> Task:
        return self._task(await self._change("POST", f"/tasks/{id}/restore"))

    async def delete(self, id: str) -> None:
        await self._change("DELETE", f"/tasks/{id}")

    async def _change(self, method: str, path: str, json: Any = None) -> Answer:
        self._changes += 1
        key = f"chat-{self.message_id}-{self._changes}"
        return await self._call(method, path, json, {"idempotency-key": key})

    async def _call(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        sent = {"authorization": f"Bearer {self.user.token}", **(headers or {})}
        answer = await self.sidecar.invoke(App.TASK, method, path, json=json, headers=sent)
        if answer.status == 404:
            raise NotFound("That task is gone.")
        if 400 <= answer.status < 500:
            raise Invalid(answer.json().get("detail", ""))
        if answer.status >= 500:
            raise Unavailable("The task service can't do that right now.", code="task-unavailable")
        return answer

    def _task(self, answer: Answer) -> Task:
        task: Task = answer.json()
        return task
