"""What terraform/ says, as plain data."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

from devstack.paths import ROOT

ENVIRONMENTS = ("staging", "production")
TERRAFORM = ROOT / "terraform"
MODULES = (TERRAFORM, TERRAFORM / "state")
PLAIN = SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource block."""

    type: str
    name: str
    body: Body

    @property
    def address(self) -> str:
        return f"{self.type}.{self.name}"


@functools.cache
def parse(path: Path) -> Body:
    parsed: Body = hcl2.loads(path.read_text(), serialization_options=PLAIN)
    return parsed


def blocks(kind: str, *modules: Path) -> Iterator[Body]:
    """Top-level blocks of one kind in all files of these modules."""
    for module in modules or MODULES:
        for path in sorted(module.glob("*.tf")):
            yield from parse(path).get(kind, [])


def resources(*types: str) -> list[Resource]:
    return [
        Resource(kind, name, body)
        for block in blocks("resource")
        for kind, named in block.items()
        for name, body in named.items()
        if not types or kind in types
    ]


def variables(*modules: Path) -> dict[str, Body]:
    return {name: body for block in blocks("variable", *modules) for name, body in block.items()}


def outputs() -> dict[str, Body]:
    return {name: body for block in blocks("output") for name, body in block.items()}


def environment(name: str) -> Body:
    """What is said of one environment."""
    return parse(TERRAFORM / "environments" / f"{name}.tfvars")


def strings(value: Any) -> Iterator[str]:
    """Every literal string in a parsed file; what is put together from expressions is left out."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str) and not re.search(r"\$\{", value):
        yield value
