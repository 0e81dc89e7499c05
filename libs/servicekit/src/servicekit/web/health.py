"""Health: `/healthz` says the process lives, `/readyz` that it can work.

Dapr probes `/readyz` (see dapr.yaml): while the database is away no events are delivered, so none
uses up its retries. Kubernetes restarts on `/healthz` only.
"""

import logging

from fastapi import APIRouter, Request
from starlette.responses import Response

from servicekit.errors import Unavailable
from servicekit.problems import build_problem_response

PING_SECONDS = 1.0
"""Less than Dapr and Kubernetes wait for a response."""

router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)


@router.get("/healthz")
async def get_liveness() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz")
async def get_readiness(request: Request) -> Response:
    database = request.app.state.database
    if database:
        try:
            await database.ping(PING_SECONDS)
        except Exception as error:
            log.warning("the database can't be reached: %s", type(error).__name__)
            return build_problem_response(
                Unavailable("The database can't be reached.", code="database-unavailable")
            )
    return Response('{"status":"ready"}', media_type="application/json")
