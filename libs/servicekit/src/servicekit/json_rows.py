"""Many rows in one statement whose text never changes: PostgreSQL takes them out of one JSON array.

A list of values for each row would make a statement of its own for each number of rows, which SQLAlchemy
writes, and PostgreSQL plans, anew. SQLite runs one statement a row, in the process itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import JSON, Column, Select, String, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

ROWS = bindparam("rows", type_=String)


def select_json_rows(columns: Sequence[Column[Any]]) -> Select[Any]:
    """The rows of `ROWS`, a JSON array of objects by the names of `columns`; PostgreSQL only."""
    typed = (column(each.name, each.type) for each in columns)
    rows = func.json_to_recordset(cast(ROWS, JSON)).table_valued(*typed).render_derived(with_types=True)
    return select(*rows.c)


def insert_json_rows(into: Any) -> Insert:
    """PostgreSQL's insert of `ROWS` into all columns of a table; more can be said of it (`ON CONFLICT`)."""
    columns = list(getattr(into, "__table__", into).columns)
    return insert(into).from_select([each.name for each in columns], select_json_rows(columns))


def values_of(rows: Sequence[Mapping[str, Any]], dialect: str) -> Any:
    """What a statement of `dialect` takes these rows as."""
    if dialect != "postgresql":
        return rows
    return {"rows": orjson.dumps(rows, option=orjson.OPT_UTC_Z).decode()}
