"""Statements that look for a list of values: made once, and of one text for any number on PostgreSQL."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, String, any_, bindparam
from sqlalchemy.ext.asyncio import AsyncSession

InList = Callable[[Any, str], ColumnElement[bool]]
"""Whether a column has one of the texts of the parameter of that name."""


def build_in_list_query(make: Callable[[InList], Select[Any]]) -> Mapping[str, Select[Any]]:
    """What `make` makes for each dialect, by its name."""
    return {"sqlite": make(_in_expanded), "postgresql": make(_equals_any)}


def dialect_of(session: AsyncSession) -> str:
    return session.get_bind().dialect.name


def _in_expanded(column: Any, name: str) -> ColumnElement[bool]:
    return column.in_(bindparam(name, expanding=True))  # type: ignore[no-any-return]


def _equals_any(column: Any, name: str) -> ColumnElement[bool]:
    return column == any_(bindparam(name, type_=ARRAY(String)))  # type: ignore[no-any-return]
