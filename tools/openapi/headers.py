"""Header parameters and response headers, described once and referred to where a route has them."""

from typing import Any

Document = dict[str, Any]

PARAMETERS: dict[str, Document] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": (
            "Names the request, so that it can be sent again without a second effect: for 24 hours the "
            "first response is given again, with `Idempotent-Replayed: true`. A UUID is best. The same key "
            "with another request is refused with 422 `idempotency-key-reused`."
        ),
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "example": "0199f7a2-6c51-7d30-9a43-5b1de0c8f14e",
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": (
            "The `ETag` of what is to be changed, as it was read: refused with 412 where somebody else has "
            "changed it since. `*` or no header: whatever version it has."
        ),
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of what the client has: 304 without a body where it is unchanged.",
        "schema": {"type": "string"},
        "example": '"3"',
    },
}

HEADERS: dict[str, Document] = {
    "ETag": {
        "description": "The version of the resource, for `If-None-Match` and `If-Match` (RFC 9110).",
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "Location": {
        "description": "Where the new resource is, as a path of this server.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/api/v1/tasks/0199f7a2-6c51-7d30-9a43-5b1de0c8f14e",
    },
    "RateLimit": {
        "description": (
            "What is left in each window the request was counted in: `r`, and the seconds until it is full "
            "again: `t` (draft-ietf-httpapi-ratelimit-headers-10)."
        ),
        "schema": {"type": "string"},
        "example": '"default";r=1199;t=42',
    },
    "RateLimitPolicy": {
        "description": "The windows: `q` units in `w` seconds. What an operation costs is in docs/limits.md.",
        "schema": {"type": "string"},
        "example": '"default";q=1200;w=60',
    },
    "RetryAfter": {
        "description": "Seconds after which to try again.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 2,
    },
    "IdempotentReplayed": {
        "description": "`true`: the response to an earlier request with this `Idempotency-Key`.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "ContentDisposition": {
        "description": "The name to save the file under (RFC 6266).",
        "schema": {"type": "string"},
        "example": 'attachment; filename="tasks.json"',
    },
    "WWWAuthenticate": {
        "description": "`Bearer`; where an API token lacks scopes, those it needs (RFC 6750, section 3).",
        "schema": {"type": "string"},
        "example": 'Bearer error="insufficient_scope", scope="tasks:write"',
    },
}
NAMES = {
    "ETag": "ETag",
    "Location": "Location",
    "RateLimit": "RateLimit",
    "RateLimit-Policy": "RateLimitPolicy",
    "Retry-After": "RetryAfter",
    "Idempotent-Replayed": "IdempotentReplayed",
    "Content-Disposition": "ContentDisposition",
    "WWW-Authenticate": "WWWAuthenticate",
}
"""Header → component."""
COUNTED = ("RateLimit", "RateLimit-Policy")
"""Given with every response that the gateway passes on or makes."""


def refer_to_parameter(name: str) -> Document:
    return {"$ref": f"#/components/parameters/{name}"}


def refer_to_headers(*names: str) -> Document:
    """The `headers` of a response."""
    return {name: {"$ref": f"#/components/headers/{NAMES[name]}"} for name in names}
