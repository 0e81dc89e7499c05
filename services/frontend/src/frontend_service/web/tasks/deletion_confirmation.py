"""The end of a project, a label or a saved filter: asked about first where something hangs on it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from contracts.names import App
from frontend_service.clients.service_client import Json
from frontend_service.web.request_context import Visit

COUNTED = 200
"""More tasks than this are told as so many and more."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before something ends."""

    question: str
    consequence: str
    verb: str
    name: str


async def question_before(visit: Visit, kind: str, id: str) -> Question | None:
    """What to ask first; None where nothing is lost."""
    thing = await visit.backend.get(App.TASK, f"/{kind}/{id}")
    name = thing["name"]
    if kind == "filters":
        return Question(f"Delete the filter “{name}”?", "Its tasks stay.", "Delete", name)
    count = await _count(visit, kind, thing)
    if not count:
        return None
    if kind == "labels":
        return Question(
            f"Take the label “{name}” off {count}?", "The tasks stay. This can't be undone.", "Delete", name
        )
    consequence = "They can be restored from there for 30 days."
    return Question(f"Move “{name}” with {count} to the trash?", consequence, "Move to the trash", name)


async def _count(visit: Visit, kind: str, thing: Json) -> str:
    """How many tasks hang on it, in words; empty for none."""
    quoted = (thing["id"] if kind == "projects" else thing["name"]).replace("\\", "\\\\").replace('"', '\\"')
    field = "project" if kind == "projects" else "label"
    query = urlencode({"filter": f'{field} = "{quoted}"', "limit": COUNTED})
    page = await visit.backend.get(App.TASK, f"/tasks?{query}")
    count = len(page["items"])
    more = " or more" if page["next_cursor"] else ""
    return f"{count}{more} task{'' if count == 1 else 's'}" if count else ""
