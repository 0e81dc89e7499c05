"""Writes `docs/settings.md` and `.env.example` from the classes that read the settings.

What a setting means is the docstring below its field.
"""

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python
from pydantic_settings import BaseSettings

from contracts.names import App
from servicekit.settings import ServiceSettings

UNITS = {"bytes": "bytes", "seconds": "s", "window": "s", "port": "port", "ports": "ports", "ratio": "share"}
"""The unit of a number, by a word in its name; others are counts."""

INTRODUCTION = """\
# Settings

Environment variables, read when a service starts; a value that doesn't fit stops it with a message. Lists
and maps are JSON, durations ISO 8601 (`PT15M` is 15 minutes). `make up` and the charts set what has to differ
from the default. Written by `make generate` from the `Settings` class of each service.
"""

EXAMPLE = """\
# Every setting with its default, written by `make generate`; docs/settings.md says what each means. Put what
# you change into the environment of the service. `make up` needs none of it.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """default: as it would be written in the environment. unit: empty for what is no number."""

    variable: str
    default: str
    unit: str
    about: str


def settings_of(kind: type[BaseSettings]) -> list[Setting]:
    """What `kind` adds to its base class, in the order of its source."""
    documented = dict(_docstrings(kind))
    return [
        Setting(_variable(name, field), _written(field), _unit(name, field), documented.get(name, ""))
        for name, field in kind.model_fields.items()
        if name in kind.__annotations__ and name != "app"
    ]


def all_settings() -> dict[str, list[Setting]]:
    """By service; those of all services come first."""
    found = {"every service": settings_of(ServiceSettings)}
    for app in App:
        module = importlib.import_module(f"{app}_service.settings")
        found[app.value] = settings_of(module.Settings)
    return {service: settings for service, settings in found.items() if settings}


def settings_page() -> str:
    parts = [INTRODUCTION]
    for service, settings in all_settings().items():
        rows = [
            f"| `{each.variable}` | {_code(each.default)} | {each.unit} | {each.about} |" for each in settings
        ]
        parts.append(
            "\n".join(
                [
                    f"## {service.capitalize()}",
                    "",
                    "| variable | default | unit | meaning |",
                    "|---|---|---|---|",
                    *rows,
                    "",
                ]
            )
        )
    return "\n".join(parts)


def example_environment() -> str:
    parts = [EXAMPLE]
    for service, settings in all_settings().items():
        parts.append(
            "\n".join([f"# {service}", *(f"# {each.variable}={each.default}" for each in settings), ""])
        )
    return "\n".join(parts)


def _variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"TODO_{name.upper()}"


def _written(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    plain = to_jsonable_python(value)
    return plain if isinstance(plain, str) else _json(plain)


def _json(value: object) -> str:
    return str(value).replace("'", '"')


def _unit(name: str, field: FieldInfo) -> str:
    if field.annotation is timedelta:
        return "duration"
    if field.annotation not in (int, float):
        return ""
    return next((UNITS[word] for word in name.split("_") if word in UNITS), "count")


def _code(text: str) -> str:
    return f"`{text}`" if text else "empty"


def _docstrings(kind: type[BaseSettings]) -> Iterator[tuple[str, str]]:
    """The string below each field, on one line."""
    [definition] = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match below:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield field.target.id, " ".join(text.split()).replace("|", "\\|")


def main(page: Path, example: Path) -> None:
    page.write_text(settings_page())
    example.write_text(example_environment())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
