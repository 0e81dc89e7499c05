"""The newest of a list, as many as a page shows: “more” shows the same page with more on it."""

from typing import Any
from urllib.parse import quote

from contracts.names import App
from frontend_service.clients.service_client import Backend

PAGE = 50
LARGEST_READ = 200
MOST_SHOWN = 2000


def within_limits(shown: int) -> int:
    return max(PAGE, min(shown, MOST_SHOWN))


async def read_newest(
    backend: Backend, app: App, path: str, wanted: int
) -> tuple[list[dict[str, Any]], bool]:
    """The first `wanted` items of the list at `path`, and whether there are more to show.

    Raises `Refused` or `Unavailable`.
    """
    found: list[dict[str, Any]] = []
    cursor = ""
    while len(found) < wanted:
        limit = min(wanted - len(found), LARGEST_READ)
        page = await backend.get(app, f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor}")
        found += page["items"]
        if not page["next_cursor"]:
            return found, False
        cursor = f"&cursor={quote(page['next_cursor'], safe='')}"
    return found, wanted < MOST_SHOWN
