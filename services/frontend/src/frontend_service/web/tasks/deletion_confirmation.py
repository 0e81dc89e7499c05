"""The end of a project, a label or a saved filter: asked about first where something hangs on it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from frontend_service.clients.list_client import Kind, ListItem
from frontend_service.web.request_context import RequestContext

COUNTED = 200
"""More tasks than this are told as so many and more."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is asked before something ends."""

    question: str
    consequence: str
    verb: str
    name: str


async def build_confirmation(context: RequestContext, kind: Kind, id: str) -> Confirmation | None:
    """What to ask first; None where nothing is lost."""
    thing = await context.services.lists.read_list(kind, id)
    name = thing["name"]
    if kind == "filters":
        return Confirmation(f"Delete the filter “{name}”?", "Its tasks stay.", "Delete", name)
    count = await _count(context, kind, thing)
    if not count:
        return None
    if kind == "labels":
        return Confirmation(
            f"Take the label “{name}” off {count}?", "The tasks stay. This can't be undone.", "Delete", name
        )
    consequence = "They can be restored from there for 30 days."
    return Confirmation(f"Move “{name}” with {count} to the trash?", consequence, "Move to the trash", name)


async def _count(context: RequestContext, kind: Kind, thing: ListItem) -> str:
    """How many tasks hang on it, in words; empty for none."""
    quoted = (thing["id"] if kind == "projects" else thing["name"]).replace("\\", "\\\\").replace('"', '\\"')
    field = "project" if kind == "projects" else "label"
    query = urlencode({"filter": f'{field} = "{quoted}"'})
    page = await context.services.tasks.list_tasks(query, COUNTED)
    count = len(page["items"])
    more = " or more" if page["next_cursor"] else ""
    return f"{count}{more} task{'' if count == 1 else 's'}" if count else ""
