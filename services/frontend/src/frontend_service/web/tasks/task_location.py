"""Where a task is that was added from a list it is not shown in."""

from dataclasses import dataclass
from urllib.parse import urlencode

from contracts.names import App
from frontend_service.clients.service_client import Json
from frontend_service.web.request_context import Visit
from servicekit.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A list, by its name and address."""

    name: str
    address: str


async def whereabouts(visit: Visit, task: Json) -> Whereabouts:
    """The project of `task`; without one, the list of all."""
    if not task.get("project_id"):
        return Whereabouts("All tasks", "/")
    try:
        name = (await visit.backend.get(App.TASK, f"/projects/{task['project_id']}"))["name"]
    except ServiceError:
        name = "its project"
    return Whereabouts(name, f"/?{urlencode({'project': task['project_id']})}")
