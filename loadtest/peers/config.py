"""How another server of the same shape is asked: one TOML file.

Each of `sign_in`, `create`, `read`, `list` and `complete` has a `request` ("POST /tasks") and may have a
`body`, JSON as text. In both are replaced `{unique}` by something new each time, `{id}` by the id of a task
and `{token}` by the token. `create` says in `id` where in its response the id stands, `sign_in` in `token`
where the token stands (JSON pointers, RFC 6901) and in `header` how it is sent along. All but `create` may be
left out.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

ASKED = ("read", "list", "create", "complete")
"""What is measured, in this order: by then there are tasks to complete."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A request with places in it, and what is taken from its response, by name: a JSON pointer."""

    method: str
    path: str
    body: str = ""
    pointers: Mapping[str, str] = field(default_factory=dict)

    def fill(self, **values: str) -> Request:
        """The request with `values` in their places."""
        return Request(
            self.method, _fill_placeholders(self.path, values), _fill_placeholders(self.body, values)
        )

    def extract_value(self, name: str, document: object) -> str:
        """What stands in `document` where the pointer `name` says. Raises LookupError."""
        return str(resolve_pointer(document, self.pointers[name]))


@dataclass(frozen=True, slots=True)
class Peer:
    """header: name and value, with `{token}` in it; empty where nobody signs in."""

    name: str
    requests: Mapping[str, Template]
    sign_in: Template | None
    header: tuple[str, str]

    def headers(self, token: str) -> dict[str, str]:
        name, value = self.header
        return {name: _fill_placeholders(value, {"token": token})} if name else {}

    @property
    def request_names(self) -> list[str]:
        return [what for what in ASKED if what in self.requests]


def read_config(path: Path) -> Peer:
    """Raises KeyError or ValueError where something is missing or not known."""
    given = tomllib.loads(path.read_text())
    known = {"name", "sign_in", *ASKED}
    if not given.keys() <= known:
        raise ValueError(f"not known: {sorted(given.keys() - known)}; known: {sorted(known)}")
    sign_in = given.get("sign_in")
    header = sign_in["header"].partition(": ") if sign_in else ("", "", "")
    requests = {
        what: _parse_template(given[what], "id") for what in ASKED if what in given or what == "create"
    }
    return Peer(
        given["name"],
        requests,
        _parse_template(sign_in, "token") if sign_in else None,
        (header[0], header[2]),
    )


def resolve_pointer(document: object, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) points to. Raises LookupError."""
    found: Any = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found


def _parse_template(given: Mapping[str, str], taken: str) -> Template:
    method, _, path = given["request"].partition(" ")
    body = given.get("body", "")
    if body:
        json.loads(body)
    return Template(method, path, body, {taken: given[taken]} if taken in given else {})


def _fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Only the known places: braces of JSON stay."""
    for name, value in {"unique": str(uuid4()), **values}.items():
        text = text.replace(f"{{{name}}}", value)
    return text
