"""Where a task is that was added from a list it is not shown in."""

from dataclasses import dataclass
from urllib.parse import urlencode

from contracts.api.tasks import TaskRead
from frontend_service.web.request_context import RequestContext
from servicekit.errors import ServiceError


@dataclass(frozen=True, slots=True)
class TaskLocation:
    """A list, by its name and address."""

    name: str
    address: str


async def locate_task(context: RequestContext, task: TaskRead) -> TaskLocation:
    """The project of `task`; without one, the list of all."""
    if not task["project_id"]:
        return TaskLocation("All tasks", "/")
    try:
        name = (await context.services.lists.read_list("projects", task["project_id"]))["name"]
    except ServiceError:
        name = "its project"
    return TaskLocation(name, f"/?{urlencode({'project': task['project_id']})}")
