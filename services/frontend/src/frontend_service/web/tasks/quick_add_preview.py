"""A preview of quick add: what would become of the text for a new task, shown while it is written."""

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from contracts.api.tasks import QuickAddPreview
from frontend_service.web.page_route import page_router
from frontend_service.web.rendering import render_fragment
from frontend_service.web.request_context import Now, SignedIn
from frontend_service.web.tasks.due import Dated, describe_due
from servicekit.errors import ServiceError

LONGEST = 1000

pages = page_router()


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing the parser found; `icon` is one of those of the rows."""

    text: str
    kind: str


@pages.get("/tasks/understood")
async def show_quick_add_preview(context: SignedIn, now: Now, title: str = "") -> Response:
    """Chips for the text; none where the parser finds nothing, or can't be asked right now."""
    chips: list[Chip] = []
    if 0 < len(title) <= LONGEST:
        try:
            found = await context.services.tasks.parse_quick_add(title)
            chips = build_chips(found, title, now)
        except ServiceError as error:
            if error.status == 401:
                raise
    return render_fragment(context, "parts/quick_add_preview.html", chips=chips)


def build_chips(found: QuickAddPreview, text: str, now: datetime) -> list[Chip]:
    """What the task service found in `text`, in the words of the page."""
    task, spans = found["task"], found["spans"]
    new = {each["name"] for each in found["creates"]}
    due = describe_due(
        Dated(due_date=task["due_date"], due_time=task["due_time"], time_zone=None, due_at=None), now
    )
    chips = [Chip(due.text, "date")] if due else []
    for kind in ("recurrence", "reminder"):
        words = [text[span["start"] : span["end"]] for span in spans if span["kind"] == kind]
        chips += [Chip(" ".join(words), kind)] if words else []
    if task["project"]:
        chips.append(Chip(_mark_new(task["project"], new), "project"))
    chips += [Chip(_mark_new(label, new), "label") for label in task["labels"]]
    chips += [Chip(f"Priority {task['priority']}", "priority")] if task["priority"] else []
    return chips


def _mark_new(name: str, new: set[str]) -> str:
    return f"{name} (new)" if name in new else name
