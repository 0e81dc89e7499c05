"""Optimistic concurrency control by conditional requests (RFC 9110, section 13).

A strong ETag is the version of the resource. A write with `If-Match` fails with 412 where somebody else has
changed it since it was read (no lost update); a read with `If-None-Match` is 304 where nothing has changed.
"""

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from servicekit.errors import PreconditionFailed


def format_etag(version: int) -> str:
    return f'"{version}"'


def require_match(request: Request, current: BaseModel, version: int) -> None:
    """Raise `PreconditionFailed` if `If-Match` names another version than the stored one."""
    tags = request.headers.get("if-match")
    if tags is None or tags.strip() == "*":
        return
    if format_etag(version) not in _parse_tags(tags):
        raise PreconditionFailed(current, format_etag(version))


def apply_if_none_match(request: Request, response: Response) -> Response:
    """`response`, or 304 without a body if the client has this version."""
    current = response.headers.get("etag")
    if current and response.status_code == 200 and matches_etag(request, current):
        return build_not_modified(current)
    return response


def matches_etag(request: Request, current: str) -> bool:
    """Whether the client says, with `If-None-Match`, that it has the version with the ETag `current`."""
    tags = request.headers.get("if-none-match")
    if not tags:
        return False
    return tags.strip() == "*" or current in (tag.removeprefix("W/") for tag in _parse_tags(tags))


def build_not_modified(current: str) -> Response:
    return Response(status_code=304, headers={"ETag": current})


def _parse_tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]
