"""The SQL that revisions run on PostgreSQL, as the rules look at it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql

from contracts.names import App
from servicekit.migrations import find_migrations_folder
from tests.architecture.sources import ROOT
from tools.maintenance.changelog import Changelog, Version
from tools.maintenance.released_schema import Removals, read_released

VERSION = 17
"""Of PostgreSQL; charts/data and terraform ask for it."""
SEE = "See docs/add-a-migration.md."
EXPAND = "Add the new one, write both, and drop the old one in a later release (expand and contract)."
REMOVAL = "Drop it once a release no longer uses it, and name that release in `REMOVES` of the revision."
ADVICE = {
    "require-concurrent-index-creation": "Use `create_index_concurrently`: writers wait for others.",
    "require-concurrent-index-deletion": "Use `DROP INDEX CONCURRENTLY` with `execute_separately`.",
    "ban-concurrent-index-creation-in-transaction": "Use `create_index_concurrently`.",
    "adding-required-field": "Add a `server_default` or leave it nullable: the last release writes none.",
    "adding-not-nullable-field": "Add `CHECK (… IS NOT NULL) NOT VALID`, validate it later.",
    "constraint-missing-not-valid": "Add it `NOT VALID`, and `VALIDATE CONSTRAINT` in a later revision.",
    "adding-foreign-key-constraint": "Add it `NOT VALID`, and `VALIDATE CONSTRAINT` in a later revision.",
    "disallowed-unique-constraint": "Use `create_index_concurrently(…, unique=True)`.",
    "changing-column-type": EXPAND,
    "renaming-column": EXPAND,
    "renaming-table": EXPAND,
    "ban-drop-column": REMOVAL,
    "ban-drop-table": REMOVAL,
}
"""By rule of Squawk; the rules that aren't here are about taste, or about what `migrator` does."""
REMOVING = ("ban-drop-column", "ban-drop-table")
_NAME = r'(?:IF (?:NOT )?EXISTS )?(?:ONLY )?"?(\w+)"?'
_CREATED = re.compile(rf"CREATE TABLE {_NAME}", re.I)
_LOCKED = re.compile(
    rf"(?:ALTER TABLE|DROP TABLE|LOCK TABLE|TRUNCATE(?: TABLE)?) {_NAME}"
    rf"|(?:CREATE|DROP|ALTER) (?:POLICY|TRIGGER|RULE) .+? ON {_NAME}"
    rf"|CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).+? ON {_NAME}",
    re.I | re.S,
)
_REPEATABLE = re.compile(r"DO |(CREATE|DROP) (UNIQUE )?INDEX CONCURRENTLY|.+ IF (NOT )?EXISTS ", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Revision:
    """statements: in their order, `BEGIN;` and `COMMIT;` among them."""

    name: str
    statements: Sequence[str]
    removes: Removals


class _Statements(list[str]):
    """Where Alembic prints its statements, one a call."""

    def write(self, text: str) -> None:
        if text.strip():
            self.append(text.strip())

    def flush(self) -> None:
        pass


class _NoConnection:
    """For revisions that look at the database: it has no rows."""

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

    def execute(self, *_: Any) -> "_NoConnection":
        return self

    scalars = mappings = execute

    def all(self) -> list[Any]:
        return []

    def scalar(self, *_: Any) -> None:
        return None


def render_revision(module: Any) -> Revision:
    """The revision with the SQL of its `upgrade`."""
    statements = _Statements()
    options = {"as_sql": True, "output_buffer": statements, "transaction_per_migration": True}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    context.impl.connection = _NoConnection()  # type: ignore[assignment]
    with Operations.context(context), context.begin_transaction(_per_migration=True):
        module.upgrade()
    return Revision(module.revision, statements, getattr(module, "REMOVES", {}))


def list_new_revisions(app: App) -> Iterator[Revision]:
    """Those after the last release."""
    scripts = ScriptDirectory(str(find_migrations_folder(app)))
    for script in scripts.iterate_revisions("head", read_released(app, ROOT)["revision"]):
        yield render_revision(script.module)


def list_faults(revision: Revision, folder: Path) -> list[str]:
    """What would hold up writers or break the last release, with what to do instead. folder: for a file."""
    return [*_linted(revision, folder), *_tables_locked_together(revision), *_not_repeatable(revision)]


def _linted(revision: Revision, folder: Path) -> Iterator[str]:
    sql = "\n".join(revision.statements)
    file = folder / "revision.sql"
    file.write_text(sql)
    program = Path(sys.executable).with_name("squawk")
    command: list[str | Path] = [program, "--reporter=json", f"--pg-version={VERSION}.0", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for found in json.loads(done.stdout):
        rule = found["rule_name"]
        statement = " ".join(_statement_at(sql, found["line"]).split())
        if rule == "syntax-error":
            yield f"{revision.name}: {found['message']}"
        elif rule in ADVICE and not (rule in REMOVING and _is_removable(statement, revision.removes)):
            yield f"{revision.name}: {statement}\n  {found['message']}\n  {ADVICE[rule]} {SEE}"


def _statement_at(sql: str, line: int) -> str:
    return "\n".join(sql.splitlines()[line:]).partition(";")[0]


def _is_removable(statement: str, removes: Removals) -> bool:
    """Whether what is dropped is named, with a release there was that no longer used it."""
    released = Changelog((ROOT / "CHANGELOG.md").read_text()).versions()
    dropped = re.fullmatch(rf"ALTER TABLE {_NAME} DROP COLUMN {_NAME}|DROP TABLE {_NAME}", statement, re.I)
    if not dropped:
        return False
    release = removes.get(".".join(part for part in dropped.groups() if part))
    return release is not None and Version.parse(release) in released


def _not_repeatable(revision: Revision) -> Iterator[str]:
    """What fails where a revision that commits on its way begins anew, after a crash or without a lock."""
    outside = [each for each in _transactions(revision.statements) if not each.is_block]
    inside = [each for each in _transactions(revision.statements) if each.is_block and each.sql]
    if outside and inside:
        yield (
            f"{revision.name}: commits on its way\n  Give what commits (`create_index_concurrently`, "
            f"`execute_separately`) a revision of its own. {SEE}"
        )
    for each in outside:
        if not _REPEATABLE.match(each.sql):
            yield (
                f"{revision.name}: {each.sql}\n  Make it do nothing the second time: `IF NOT EXISTS`, "
                f"`IF EXISTS`, or a `DO` block that looks first. {SEE}"
            )


def _tables_locked_together(revision: Revision) -> Iterator[str]:
    """Tables that one transaction locks: it holds the first while it waits for the others."""
    made = {table for statement in revision.statements for table in _CREATED.findall(statement)}
    for transaction in _transactions(revision.statements):
        found = {table for match in _LOCKED.finditer(transaction.sql) for table in match.groups() if table}
        if len(found - made) > 1:
            tables = ", ".join(sorted(found - made))
            yield (
                f"{revision.name}: one transaction locks {tables}\n  Use `execute_separately`, a revision "
                f"for each, or an `autocommit_block`. {SEE}"
            )


@dataclass(frozen=True, slots=True)
class _Transaction:
    """is_block: between `BEGIN` and `COMMIT`; else one statement."""

    sql: str
    is_block: bool


def _transactions(statements: Sequence[str]) -> Iterator[_Transaction]:
    is_open, collected = False, ""
    for statement in statements:
        if statement == "BEGIN;":
            is_open = True
        elif statement == "COMMIT;":
            yield _Transaction(collected, is_block=True)
            is_open, collected = False, ""
        elif is_open:
            collected += f"{statement}\n"
        else:
            yield _Transaction(statement, is_block=False)
