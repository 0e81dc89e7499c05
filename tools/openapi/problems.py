"""The problem documents an operation can answer with, one component for each status."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tools.openapi.headers import COUNTED, refer_to_headers

Document = dict[str, Any]

NAMES = {
    400: "BadRequest",
    401: "Unauthenticated",
    403: "Forbidden",
    404: "NotFound",
    408: "RequestTimeout",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "TooLarge",
    414: "UriTooLong",
    422: "Invalid",
    429: "TooManyRequests",
    431: "HeadersTooLarge",
    503: "Unavailable",
}
_DESCRIPTIONS = {
    400: "Malformed: the body is not JSON, or path or headers can't be read.",
    401: "A valid access token or API token is needed.",
    403: "The account, or the API token, may not do that.",
    404: "Not found, or it belongs to somebody else.",
    408: "The request took too long to arrive.",
    409: "Conflicts with the current state, or with a quota of the account.",
    412: "It has changed since it was read; `current` is how it is now, `ETag` its version.",
    413: "The body is too large.",
    414: "Path and query are too long.",
    422: "The request is not valid; `errors` points at the fields.",
    429: "Too many requests; try again after `Retry-After`.",
    431: "The headers are too large.",
    503: "Too many requests at once, or a service this request needs is unavailable. Nothing was done if the "
    "code is `overloaded`; else try again with the same `Idempotency-Key`.",
}
_HEADERS = {
    401: ("WWW-Authenticate",),
    403: ("WWW-Authenticate",),
    412: ("ETag",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
ALWAYS = (
    (400, "uri-invalid"),
    (400, "header-invalid"),
    (414, "uri-too-long"),
    (429, "too-many-requests"),
    (431, "headers-too-large"),
    (503, "overloaded"),
    (503, "timed-out"),
    (503, "unavailable"),
)
"""What the gateway answers to requests of any operation."""
WITH_A_BODY = (
    (400, "malformed-json"),
    (400, "body-incomplete"),
    (408, "request-timeout"),
    (413, "too-large"),
)
WITH_A_TOKEN = ((401, "unauthenticated"), (403, "insufficient-scope"))
WITH_A_SESSION = ((403, "cross-site"),)
"""Where something changes: a cookie is not enough for a request that another site caused."""
WITH_PARAMETERS = ((422, "invalid"),)
WITH_A_KEY = ((422, "idempotency-key-invalid"), (422, "idempotency-key-reused"))
NO_OTHER_PARAMETERS = ((422, "unknown-parameter"), (422, "repeated-parameter"))
PRECONDITION = ((412, "precondition-failed"),)


def response_components() -> Document:
    """`components.responses`."""
    return {
        name: {
            "description": _DESCRIPTIONS[status],
            "headers": refer_to_headers(*COUNTED, *_HEADERS.get(status, ())),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, name in NAMES.items()
    }


def refer_to_problems(problems: Iterable[tuple[int, str]]) -> Document:
    """The `responses` of an operation for its problems."""
    return {
        str(status): {"$ref": f"#/components/responses/{NAMES[status]}"}
        for status in sorted({status for status, _ in problems if status in NAMES})
    }


def codes_by_status(problems: Iterable[tuple[int, str]]) -> dict[str, list[str]]:
    """The codes of problems, sorted."""
    found: dict[str, set[str]] = defaultdict(set)
    for status, code in problems:
        if status in NAMES:
            found[str(status)].add(code)
    return {status: sorted(codes) for status, codes in sorted(found.items())}
