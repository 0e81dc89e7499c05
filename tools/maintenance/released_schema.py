"""Compares the databases' schemas with those of the last release, whose code runs beside the new one.

During a rolling update, and after a rollback, the last release works on the new schema. So what it had has
to be there, with the same types, and rows written as it writes them have to be accepted. The schema of each
service at the last release is in `docs/api/released/schemas/`; `make release` replaces it.
"""

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.ext.asyncio import create_async_engine

from contracts.names import App
from devstack import processes, servers
from devstack.addresses import assign_addresses, find_free_offset
from devstack.paths import RunFolder
from migrator import migrate_online, run_revisions
from servicekit.migrations import MIGRATION_LOCK, find_migrations_folder

SCHEMAS = Path("docs/api/released/schemas")
STORING = tuple(app for app in App if app is not App.FRONTEND)
VERSION_TABLE = "alembic_version"
PORT_OFFSET = 5000

Schema = dict[str, Any]
"""`revision`, and `tables` by name: `columns` by name (`type`, `nullable`, `default`), and `keys`, the
columns of the primary key and of everything else that is unique."""
Removals = Mapping[str, str]
"""`REMOVES` of a revision: each `table` or `table.column` it drops, and the release that didn't use it."""


def read_released(app: App, root: Path) -> Schema:
    found: Schema = json.loads((root / SCHEMAS / f"{app}.json").read_text())
    return found


async def describe_database(app: App, url: str, revision: str = "head") -> Schema:
    """The schema of an empty PostgreSQL database after the migrations of `app` up to `revision`."""
    scripts = ScriptDirectory(str(find_migrations_folder(app)))
    engine = create_async_engine(url)
    await migrate_online(
        engine, lambda connection: run_revisions(connection, scripts, revision), key=MIGRATION_LOCK
    )
    async with engine.connect() as connection:
        tables = await connection.run_sync(inspect_tables)
    await engine.dispose()
    return {"revision": scripts.get_current_head() if revision == "head" else revision, "tables": tables}


def inspect_tables(connection: Connection) -> Schema:
    """The `tables` of a schema, as they are in a database."""
    inspector = inspect(connection)
    found: Schema = {}
    for table in sorted(set(inspector.get_table_names()) - {VERSION_TABLE}):
        keys = {tuple(inspector.get_pk_constraint(table)["constrained_columns"])}
        keys |= {tuple(each["column_names"]) for each in inspector.get_unique_constraints(table)}
        keys |= {
            tuple(map(str, each["column_names"])) for each in inspector.get_indexes(table) if each["unique"]
        }
        found[table] = {
            "columns": {each["name"]: _describe(each, connection) for each in inspector.get_columns(table)},
            "keys": sorted(map(list, keys)),
        }
    return found


def _describe(column: ReflectedColumn, connection: Connection) -> Schema:
    return {
        "type": column["type"].compile(connection.dialect),
        "nullable": column["nullable"],
        "default": bool(column.get("default") or column.get("autoincrement") is True),
    }


def schema_breaks(old: Schema, new: Schema, removals: Removals | None = None) -> Iterator[str]:
    """What code that knows only `old` misses in `new`, or can't write; both are the `tables` of a schema."""
    gone = set(removals or ())
    for table, before in old.items():
        if table in gone:
            continue
        if table not in new:
            yield f"{table}: removed"
            continue
        after = new[table]
        kept = {name for name in before["columns"] if f"{table}.{name}" not in gone}
        for name in sorted(kept):
            yield from _column_breaks(f"{table}.{name}", before["columns"][name], after["columns"].get(name))
        for name in sorted(set(after["columns"]) - kept):
            column = after["columns"][name]
            if not column["nullable"] and not column["default"]:
                yield f"{table}.{name}: has to be written, and the last release doesn't"
        yield from _key_breaks(table, before, after)


def _column_breaks(name: str, before: Schema, after: Schema | None) -> Iterator[str]:
    if after is None:
        yield f"{name}: removed"
        return
    if after["type"] != before["type"]:
        yield f"{name}: {before['type']} became {after['type']}"
    if before["nullable"] and not after["nullable"]:
        yield f"{name}: no longer nullable"
    if before["default"] and not after["default"]:
        yield f"{name}: lost its default"


def _key_breaks(table: str, before: Schema, after: Schema) -> Iterator[str]:
    """Keys the last release may name in `ON CONFLICT`, and those its rows may violate."""
    for key in before["keys"]:
        if key not in after["keys"] and set(key) <= set(after["columns"]):
            yield f"{table}: ({', '.join(key)}) no longer unique"
    for key in after["keys"]:
        columns = [after["columns"][name] for name in key if name not in before["columns"]]
        stays_null = any(column["nullable"] and not column["default"] for column in columns)
        if key not in before["keys"] and not stays_null:
            yield f"{table}: ({', '.join(key)}) newly unique"


def write_schemas(root: Path) -> None:
    """Take the schemas of now for what was released, from a PostgreSQL that is started for it."""
    folder = RunFolder(Path(tempfile.mkdtemp(prefix="todo-schemas-")))
    folder.path.chmod(0o755)  # PostgreSQL may run as another account
    folder.make()
    where = assign_addresses(offset=find_free_offset(PORT_OFFSET))
    process = servers.start_postgres(folder, where, durable=False)
    try:
        servers.wait_for_databases(where)
        for app in STORING:
            url = servers.postgres_url(where).format(app=app)
            _write_schema(root, app, asyncio.run(describe_database(app, url)))
    finally:
        processes.stop_process(folder, process, seconds=5)
        shutil.rmtree(folder.path, ignore_errors=True)


def _write_schema(root: Path, app: App, schema: Schema) -> None:
    (root / SCHEMAS).mkdir(parents=True, exist_ok=True)
    text = json.dumps(schema, indent=1, sort_keys=True)
    short = re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda innermost: " ".join(innermost[0].split()), text)
    (root / SCHEMAS / f"{app}.json").write_text(f"{short}\n")
