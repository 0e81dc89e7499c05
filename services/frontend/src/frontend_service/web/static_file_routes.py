"""HTTP in: static files; the service worker comes from the root, to be in charge of all pages."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from frontend_service.container import ContainerDep
from frontend_service.web.static_files import PREFIX
from servicekit.errors import NotFound

FOREVER = "public, max-age=31536000, immutable"
SERVICE_WORKER = "js/service_worker.js"

static_router = APIRouter(include_in_schema=False)


@static_router.get(PREFIX + "/{release}/{path:path}")
async def read_static_file(request: Request, container: ContainerDep, release: str, path: str) -> Response:
    """A file; under the address of another release it is today's, and not kept."""
    static_files = container.static_files
    if path not in static_files.files:
        raise NotFound
    response = static_files.files[path].respond(request)
    response.headers["cache-control"] = FOREVER if release == static_files.release else "no-cache"
    return response


@static_router.get("/service-worker.js")
async def read_service_worker(request: Request, container: ContainerDep) -> Response:
    """It shows what web push brings."""
    response = container.static_files.files[SERVICE_WORKER].respond(request)
    response.headers["cache-control"] = "no-cache"
    return response
