"""Jobs of the Dapr scheduler: at an instant it calls `POST /job/{name}` of one replica, at least once."""

from datetime import datetime
from urllib.parse import quote

import orjson

from servicekit.dapr.sidecar import Sidecar, SidecarResponse
from servicekit.errors import Unavailable

TRIES = 5
"""How often the scheduler calls again, a second apart, while it gets no 2xx."""


async def schedule_job(sidecar: Sidecar, name: str, at: datetime) -> None:
    """Have `name` called at `at` (UTC), once; set again, it stays one job. Raises `Unavailable`."""
    job = {
        "dueTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "data": {"name": name},  # a job without data never gets past the sidecar
        "overwrite": True,
        "failurePolicy": {"constant": {"interval": "1s", "maxRetries": TRIES}},
    }
    headers = {"content-type": "application/json"}
    _require_success(await sidecar.request("POST", _job_path(name), headers=headers, body=orjson.dumps(job)))


async def job_exists(sidecar: Sidecar, name: str) -> bool:
    """Whether the scheduler has a job of this name. Raises `Unavailable`."""
    response = await sidecar.request("GET", _job_path(name))
    if response.status == 404 or b"not found" in response.body:
        return False
    _require_success(response)
    return True


def _job_path(name: str) -> str:
    return f"/v1.0/jobs/{quote(name, safe='')}"


def _require_success(response: SidecarResponse) -> None:
    if response.status >= 300:
        raise Unavailable(f"The scheduler can't be reached: {response.body!r:.200}", code="jobs-unavailable")
