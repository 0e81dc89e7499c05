"""The service worker, which shows what web push brings; served from the root, in charge of all pages."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from frontend_service.web.static_files import Assets

SCRIPT = "js/service_worker.js"

router = APIRouter(include_in_schema=False)


@router.get("/service-worker.js")
async def service_worker(request: Request) -> Response:
    assets: Assets = request.app.state.assets
    response = assets.files[SCRIPT].answer(request)
    response.headers["cache-control"] = "no-cache"
    return response
