"""Conditional requests (RFC 9110, section 13): a strong ETag is the version of the resource."""

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from servicekit.errors import PreconditionFailed


def etag(version: int) -> str:
    return f'"{version}"'


def require_match(request: Request, current: BaseModel, version: int) -> None:
    """Raise `PreconditionFailed` if `If-Match` names another version than the stored one."""
    wanted = request.headers.get("if-match")
    if wanted is None or wanted.strip() == "*":
        return
    if etag(version) not in _tags(wanted):
        raise PreconditionFailed(current, etag(version))


def if_none_match(request: Request, response: Response) -> Response:
    """`response`, or 304 without a body if the client has this version."""
    current = response.headers.get("etag")
    if current and response.status_code == 200 and is_known(request, current):
        return not_modified(current)
    return response


def is_known(request: Request, current: str) -> bool:
    """Whether the client says, with `If-None-Match`, that it has the version with the ETag `current`."""
    wanted = request.headers.get("if-none-match")
    if not wanted:
        return False
    return wanted.strip() == "*" or current in (tag.removeprefix("W/") for tag in _tags(wanted))


def not_modified(current: str) -> Response:
    return Response(status_code=304, headers={"ETag": current})


def _tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]
