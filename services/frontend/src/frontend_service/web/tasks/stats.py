"""A few figures about one's tasks."""

from typing import Any

from starlette.responses import Response

from contracts.names import App
from frontend_service.web.page_route import router
from frontend_service.web.rendering import show
from frontend_service.web.request_context import SignedIn, Visit
from servicekit.errors import ServiceError

pages = router()


@pages.get("/figures")
async def figures(visit: SignedIn) -> Response:
    return show(visit, "parts/figures.html", figures=await read_figures(visit))


async def read_figures(visit: Visit) -> dict[str, Any] | None:
    """What analytics has counted; None while it can't be known."""
    try:
        return await visit.backend.get(App.ANALYTICS, "/analytics/summary")
    except ServiceError:
        return None
