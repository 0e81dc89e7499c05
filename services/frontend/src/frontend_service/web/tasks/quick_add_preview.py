"""What would be understood of the text in the field for a new task, shown while it is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from contracts.names import App
from frontend_service.web.page_route import router
from frontend_service.web.rendering import show
from frontend_service.web.request_context import Now, SignedIn
from frontend_service.web.tasks.due import tell_due
from servicekit.errors import ServiceError

LONGEST = 1000

pages = router()


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that was understood; `icon` is one of those of the rows."""

    text: str
    kind: str


@pages.get("/tasks/understood")
async def understood(visit: SignedIn, now: Now, title: str = "") -> Response:
    """Chips for the text; none where nothing is understood, or can't be right now."""
    chips: list[Chip] = []
    if 0 < len(title) <= LONGEST:
        try:
            found = await visit.backend.send(App.TASK, "POST", "/tasks/parse", {"quick": title})
            chips = chips_of(found, title, now)
        except ServiceError as error:
            if error.status == 401:
                raise
    return show(visit, "parts/understood.html", chips=chips)


def chips_of(found: dict[str, Any], text: str, now: datetime) -> list[Chip]:
    """What the task service understood of `text`, in the words of the page."""
    task, spans = found["task"], found["spans"]
    new = {each["name"] for each in found["creates"]}
    due = tell_due({"time_zone": None, "due_at": None} | task, now)
    chips = [Chip(due.text, "date")] if due else []
    for kind in ("recurrence", "reminder"):
        words = [text[span["start"] : span["end"]] for span in spans if span["kind"] == kind]
        chips += [Chip(" ".join(words), kind)] if words else []
    if task["project"]:
        chips.append(Chip(_named(task["project"], new), "project"))
    chips += [Chip(_named(label, new), "label") for label in task["labels"]]
    chips += [Chip(f"Priority {task['priority']}", "priority")] if task["priority"] else []
    return chips


def _named(name: str, new: set[str]) -> str:
    return f"{name} (new)" if name in new else name
