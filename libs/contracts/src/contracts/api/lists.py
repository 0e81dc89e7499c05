"""Lists, as the API has them; written by `make generate`."""

from typing import NotRequired, TypedDict


class FilterCreate(TypedDict):
    name: str
    filter: str
    sort: NotRequired[str | None]
    colour: NotRequired[str | None]
    position: NotRequired[str | None]


class FilterPatch(TypedDict):
    name: NotRequired[str]
    filter: NotRequired[str]
    sort: NotRequired[str | None]
    colour: NotRequired[str | None]
    position: NotRequired[str | None]


class FilterRead(TypedDict):
    id: str
    name: str
    colour: str | None
    position: str
    version: int
    created_at: str
    updated_at: str
    filter: str
    sort: str | None


class LabelCreate(TypedDict):
    name: str
    colour: NotRequired[str | None]
    position: NotRequired[str | None]


class LabelPatch(TypedDict):
    name: NotRequired[str]
    colour: NotRequired[str | None]
    position: NotRequired[str | None]


class LabelRead(TypedDict):
    id: str
    name: str
    colour: str | None
    position: str
    version: int
    created_at: str
    updated_at: str


class ProjectCreate(TypedDict):
    name: str
    colour: NotRequired[str | None]
    parent_id: NotRequired[str | None]
    archived: NotRequired[bool | None]
    position: NotRequired[str | None]


class ProjectPatch(TypedDict):
    name: NotRequired[str]
    colour: NotRequired[str | None]
    parent_id: NotRequired[str | None]
    archived: NotRequired[bool | None]
    position: NotRequired[str | None]


class ProjectRead(TypedDict):
    id: str
    name: str
    colour: str | None
    parent_id: str | None
    archived: bool
    position: str
    version: int
    created_at: str
    updated_at: str
    deleted_at: str | None
