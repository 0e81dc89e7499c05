"""The API, browsable; and the page for addresses where nothing is."""

from starlette.responses import Response

from frontend_service.web.page_route import router
from frontend_service.web.rendering import show, show_page
from frontend_service.web.request_context import AnyVisit

pages = router()
rest = router()
"""Takes every address no other route has, so it comes after all of them."""


@pages.get("/api/docs")
async def api_reference(visit: AnyVisit) -> Response:
    return show(visit, "api_docs.html")


@rest.get("/{path:path}")
async def nothing_here(visit: AnyVisit, path: str) -> Response:
    return await show_page(visit, "error.html", status=404, text=f"There is nothing at /{path}")
