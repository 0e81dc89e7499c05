"""Whether a response has what its type in `contracts.api` promises, as cheaply as that can be known.

It checks what would fail later as a `KeyError`: that objects are objects, lists are lists, and that no
required field is missing. Values are not validated, and a service of a newer release may send more fields
(docs/decisions/0036).
"""

import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Check = Callable[[Any], str | None]
"""Gives the path of the first field that is missing, such as `items.title`; None if none is."""


def find_missing_field(value: Any, expected: Any) -> str | None:
    """The path of a field that `expected` requires and `value` lacks; empty if the whole is of another shape.

    expected: a `TypedDict` of `contracts.api`, or `Page` of one.
    """
    check = _compile_check(expected)
    return check(value) if check else None


@cache
def _compile_check(expected: Any) -> Check | None:
    """None where there is nothing to look at: scalars, and what may be anything."""
    origin, arguments = typing.get_origin(expected) or expected, typing.get_args(expected)
    if typing.is_typeddict(origin):
        return _check_object(origin, dict(zip(getattr(origin, "__parameters__", ()), arguments, strict=True)))
    if origin is list and arguments:
        return _check_list(_compile_check(arguments[0]))
    if origin in (typing.Union, types.UnionType):
        return _check_union(arguments)
    return None


def _check_object(expected: Any, parameters: Mapping[Any, Any]) -> Check:
    required: frozenset[str] = expected.__required_keys__
    checks: dict[str, Check] = {}
    for name, kind in typing.get_type_hints(expected).items():
        open_parameters = getattr(kind, "__parameters__", ())
        check = _compile_check(kind[tuple(map(parameters.get, open_parameters))] if open_parameters else kind)
        if check:
            checks[name] = check

    def check_object(value: Any) -> str | None:
        if not isinstance(value, dict):
            return ""
        if not value.keys() >= required:
            return min(required - value.keys())
        for name, check in checks.items():
            if name in value:
                missing = check(value[name])
                if missing is not None:
                    return f"{name}.{missing}".rstrip(".")
        return None

    return check_object


def _check_list(check: Check | None) -> Check:
    def check_list(value: Any) -> str | None:
        if not isinstance(value, list):
            return ""
        if check:
            for item in value:
                missing = check(item)
                if missing is not None:
                    return missing
        return None

    return check_list


def _check_union(members: tuple[Any, ...]) -> Check | None:
    """Of objects, or of one and nothing; with a scalar beside it anything goes."""
    checks = [_compile_check(member) for member in members if member is not type(None)]
    known = [check for check in checks if check]
    if len(known) < len(checks):
        return None
    is_optional = type(None) in members
    if len(known) == 1 and is_optional:
        only = known[0]
        return lambda value: None if value is None else only(value)

    def check_union(value: Any) -> str | None:
        found = [check(value) for check in known]
        return None if None in found or (is_optional and value is None) else found[0]

    return check_union
