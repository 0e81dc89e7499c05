"""Problems, as the API has them; written by `make generate`."""

from typing import NotRequired, TypedDict


class FieldProblem(TypedDict):
    pointer: str
    detail: str
    position: NotRequired[int | None]


class Problem(TypedDict):
    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: NotRequired[list[FieldProblem]]
    trace_id: NotRequired[str]
