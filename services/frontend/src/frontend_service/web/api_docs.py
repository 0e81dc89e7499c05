"""The API, browsable; and the page for addresses where nothing is."""

from starlette.responses import Response

from frontend_service.web.page_route import page_router
from frontend_service.web.rendering import render_fragment, render_page
from frontend_service.web.request_context import AnyContext

pages = page_router()
fallback_router = page_router()
"""Takes every address no other route has, so it comes after all of them."""


@pages.get("/api/docs")
async def show_api_reference(context: AnyContext) -> Response:
    return render_fragment(context, "api_docs.html")


@fallback_router.get("/{path:path}")
async def show_not_found(context: AnyContext, path: str) -> Response:
    return await render_page(context, "error.html", status=404, text=f"There is nothing at /{path}")
