"""Statistics of one's tasks."""

from starlette.responses import Response

from contracts.api.analytics import Summary
from frontend_service.web.page_route import page_router
from frontend_service.web.rendering import render_fragment
from frontend_service.web.request_context import RequestContext, SignedIn
from servicekit.errors import ServiceError

pages = page_router()


@pages.get("/figures")
async def show_stats(context: SignedIn) -> Response:
    return render_fragment(context, "parts/stats.html", stats=await read_stats(context))


async def read_stats(context: RequestContext) -> Summary | None:
    """What analytics has counted; None while it can't be known."""
    try:
        return await context.services.read_summary()
    except ServiceError:
        return None
