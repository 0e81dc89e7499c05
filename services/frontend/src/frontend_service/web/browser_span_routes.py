"""Where pages tell how long their requests took."""

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from frontend_service.web.browser_spans import SPANS, BrowserSpans
from frontend_service.web.page_route import router
from frontend_service.web.request_context import SignedIn
from servicekit.errors import Invalid

pages = router()


@pages.post("/browser-spans")
async def tell(request: Request, _: SignedIn) -> Response:
    try:
        told = SPANS.validate_json(await request.body())
    except ValidationError as error:
        raise Invalid("These are no spans of a page.") from error
    spans: BrowserSpans = request.app.state.browser_spans
    for span in told:
        spans.record(span)
    return Response(status_code=204)
