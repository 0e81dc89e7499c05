"""Responses of other services, as the types of `contracts.api`.

A service of another release may send less than this one reads. That is found where the response comes in,
and not as a `KeyError` in the code that uses it.
"""

import logging
from typing import Any, TypeVar, cast

from contracts.completeness import find_missing_field
from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import IncompleteResponse, Unavailable

T = TypeVar("T")
log = logging.getLogger(__name__)


def parse_response(response: SidecarResponse, expected: type[T], app: App, operation: str) -> T:
    """The JSON object in `response`, which `app` sent for `operation`, such as `GET /tasks`.

    Raises `Unavailable` if it is no JSON object, `IncompleteResponse` if a required field is missing.
    """
    found = parse_object(response)
    if found is None:
        raise Unavailable(f"The service {app.value} sent no JSON.", code=f"{app.value}-unavailable")
    missing = find_missing_field(found, expected)
    if missing is not None:
        log.error("%s answered %s without %s", app.value, operation.partition("?")[0], missing)
        raise IncompleteResponse(f"The service {app.value} sent an incomplete response.")
    return cast(T, found)


def parse_object(response: SidecarResponse) -> dict[str, Any] | None:
    """The JSON object in `response`; None if it is anything else."""
    try:
        found = response.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
