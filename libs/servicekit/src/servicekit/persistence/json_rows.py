"""Many rows in one statement whose text never changes: PostgreSQL takes them out of one JSON array.

A list of values for each row would make a statement of its own for each number of rows, which SQLAlchemy
writes, and PostgreSQL plans, anew. SQLite runs one statement a row, in the process itself.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    ColumnClause,
    ColumnElement,
    Select,
    String,
    TypeDecorator,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.selectable import TableValuedAlias


def rows_of(name: str) -> BindParameter[str]:
    """The parameter `name`: a JSON array of objects."""
    return bindparam(name, type_=String)


ROWS = rows_of("rows")
_ENDS: Mapping[type, Mapping[str, str]] = {
    date: {
        "date '9999-12-31'": "date 'infinity'",
        "date '0001-01-01'": "date '-infinity'",
    },
    datetime: {
        "timestamptz '9999-12-31 23:59:59.999999+00'": "timestamptz 'infinity'",
        "timestamptz '0001-01-01 00:00:00+00'": "timestamptz '-infinity'",
    },
}


def json_rows(columns: Sequence[ColumnClause[Any]], rows: BindParameter[str] = ROWS) -> TableValuedAlias:
    """`rows` as a table with these columns; PostgreSQL only."""
    typed = (column(each.name, each.type) for each in columns)
    return func.json_to_recordset(cast(rows, JSON)).table_valued(*typed).render_derived(with_types=True)


def select_json_rows(columns: Sequence[Column[Any]], rows: BindParameter[str] = ROWS) -> Select[Any]:
    """The rows, as the driver would store them: the first and the last moment of Python mean infinity."""
    return select(*map(_stored, json_rows(columns, rows).c))


def insert_json_rows(into: Any, rows: BindParameter[str] = ROWS) -> Insert:
    """PostgreSQL's insert of `rows` into all columns of a table but what the database numbers; more can be
    said of it (`ON CONFLICT`)."""
    table = getattr(into, "__table__", into)
    columns = [each for each in table.columns if each is not table.autoincrement_column]
    return insert(into).from_select([each.name for each in columns], select_json_rows(columns, rows))


def values_of(rows: Sequence[Mapping[str, Any]], dialect: str, name: str = "rows") -> Any:
    """What a statement of `dialect` takes these rows as."""
    if dialect != "postgresql":
        return rows
    return {name: orjson.dumps(rows, option=orjson.OPT_UTC_Z, default=_text_of).decode()}


def _stored(value: ColumnElement[Any]) -> ColumnElement[Any]:
    kind: Any = value.type.impl if isinstance(value.type, TypeDecorator) else value.type
    ends = _ENDS.get(kind.python_type, {})
    whens: list[Any] = [
        (value == literal_column(end), literal_column(infinite)) for end, infinite in ends.items()
    ]
    return case(*whens, else_=value) if whens else value


def _text_of(value: bytes) -> str:
    """As PostgreSQL reads bytes."""
    return rf"\x{value.hex()}"
