"""Where pages tell how long their requests took."""

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from frontend_service.container import ContainerDep
from frontend_service.web.browser_spans import SPANS
from frontend_service.web.page_route import page_router
from frontend_service.web.request_context import SignedIn
from servicekit.errors import Invalid

pages = page_router()


@pages.post("/browser-spans")
async def record_browser_spans(request: Request, container: ContainerDep, _: SignedIn) -> Response:
    """A JSON array of `BrowserSpan`. Raises `Invalid`, also for one span that is impossible."""
    try:
        spans = SPANS.validate_json(await request.body())
    except ValidationError as error:
        raise Invalid("These are not spans of a page.") from error
    for span in spans:
        container.browser_spans.record(span)
    return Response(status_code=204)
