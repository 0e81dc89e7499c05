"""The OpenAPI document of the whole API, as it is published; `make generate` writes it."""

from pathlib import Path

from fastapi.routing import APIRoute
from starlette.responses import FileResponse, Response

from servicekit.security.auth import API_PREFIX
from servicekit.web.routes import create_router

PATH = Path(__file__).parents[1] / "openapi.json"

openapi_router = create_router(prefix=API_PREFIX, tags=["reference"], route_class=APIRoute)


@openapi_router.get("/openapi.json", include_in_schema=False)
async def read_openapi_document() -> Response:
    return FileResponse(PATH, media_type="application/json")
