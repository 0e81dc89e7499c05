"""How projects, labels and saved filters are shown: one by one with its ETag, and by the page."""

from collections.abc import Sequence
from typing import TypeVar

from fastapi import Request, Response
from pydantic import BaseModel

from servicekit.errors import Invalid
from servicekit.web.pagination import Page, decode_cursor, encode_cursor, paginate
from servicekit.web.preconditions import format_etag, require_match
from task_service.models import Label, Project, SavedFilter

Row = Project | Label | SavedFilter
Shown = TypeVar("Shown", bound=BaseModel)

COLLECTIONS: dict[type[Row], str] = {Project: "projects", Label: "labels", SavedFilter: "filters"}


def show(schema: type[Shown], row: Row, response: Response) -> Shown:
    response.headers["ETag"] = format_etag(row.version)
    return schema.model_validate(row)


def show_new(schema: type[Shown], row: Row, response: Response) -> Shown:
    response.headers["Location"] = f"/api/v1/{COLLECTIONS[type(row)]}/{row.id}"
    return show(schema, row, response)


def match(request: Request, schema: type[Shown], row: Row) -> None:
    require_match(request, schema.model_validate(row), row.version)


def decode_position(cursor: str | None, scope: str) -> tuple[str, str] | None:
    """Position and id in a cursor. Raises `Invalid` if it is not one of this list."""
    if cursor is None:
        return None
    position, id = decode_cursor(cursor, scope=scope, values=2)
    if not (isinstance(position, str) and isinstance(id, str)):
        raise Invalid.field("?cursor", "The cursor is not valid.", code="cursor-invalid")
    return position, id


def page(schema: type[Shown], found: Sequence[Row], limit: int, scope: str) -> Page[Shown]:
    rows, last = paginate(found, limit)
    cursor = encode_cursor([last.position, last.id], scope=scope) if last else None
    return Page(items=[schema.model_validate(row) for row in rows], next_cursor=cursor)
