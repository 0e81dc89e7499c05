"""SQL in the pod of a PostgreSQL instance, as its superuser, who can only come from inside."""

import subprocess
from collections.abc import Mapping
from types import TracebackType
from uuid import uuid4

from backup.fingerprint import AS_TEXT, TABLES, build_content_query, quote_identifier
from backup.manifest import Content

from delivery.access import Access
from devstack.errors import CommandError

PRIMARY = "cnpg.io/cluster=postgres,cnpg.io/instanceRole=primary"
PSQL = ["psql", "--no-psqlrc", "-qAt", "--set=ON_ERROR_STOP=1", "--username=postgres"]
ENDING_SECONDS = 10
LOCK_TIMEOUT = "500ms"
"""Shorter than `deadlock_timeout`: whoever waits for us and we for them, it is us who give up."""


class SqlSession:
    """psql that stays connected to one database; leaving the block ends it, and its transaction."""

    def __init__(self, access: Access, pod: str, database: str) -> None:
        command = ["exec", "--stdin", pod, "--container=postgres", "--", *PSQL, f"--dbname={database}"]
        self.database = database
        self._process = access.start_kubectl(*command)

    def __enter__(self) -> "SqlSession":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is not None:
            return
        try:
            self._process.communicate(timeout=ENDING_SECONDS)  # psql ends with its input
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self._process.kill()
            self._process.wait()

    def ask(self, statements: str) -> list[str]:
        """Lines of the responses. Raises `CommandError` for a statement that fails; that ends the session."""
        assert self._process.stdin
        assert self._process.stdout
        end = uuid4().hex
        lines: list[str] = []
        try:
            self._process.stdin.write(f"{statements};\n\\echo {end}\n")
            self._process.stdin.flush()
            for line in self._process.stdout:
                if line.rstrip("\n") == end:
                    return lines
                lines.append(line.rstrip("\n"))
        except BrokenPipeError:
            pass
        complaint = self._process.communicate()[1].strip()
        raise CommandError(f"{self.database}: {complaint or 'psql has ended'}")

    def ask_one(self, statement: str) -> str:
        """The first line; empty if there is none."""
        return next(iter(self.ask(statement)), "")

    def begin(self) -> None:
        """A transaction that sees what is committed now, and nothing that comes later."""
        self.ask("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT FROM pg_class LIMIT 0")

    def lock_tables(self) -> None:
        """Let nobody write until `COMMIT`. Raises `CommandError` if somebody writes for too long."""
        tables = ", ".join(f"public.{quote_identifier(name)}" for name in self.ask(TABLES))
        if tables:
            self.ask(f"BEGIN; SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; LOCK TABLE {tables} IN SHARE MODE")

    def read_fingerprint(self) -> dict[str, Content]:
        """Rows and checksum of every table, within the transaction of `begin`."""
        self.ask(AS_TEXT.strip().rstrip(";"))
        found = {}
        for table in self.ask(TABLES):
            rows, _, checksum = self.ask_one(build_content_query(table)).partition("|")
            found[table] = Content(rows=int(rows), checksum=int(checksum))
        return found


def find_primary(access: Access) -> str:
    """Name of the pod that takes writes. Raises `CommandError` if there is none."""
    found = access.kubectl("get", "pods", f"--selector={PRIMARY}", "--output=name").split()
    if len(found) != 1:
        raise CommandError(f"PostgreSQL has {len(found)} primaries in {access.namespace}.")
    return found[0].removeprefix("pod/")


def compare_fingerprints(
    expected: Mapping[str, Mapping[str, Content]], found: Mapping[str, Mapping[str, Content]]
) -> list[str]:
    """What differs: a line for each table."""
    lines = []
    for database in sorted(expected.keys() | found.keys()):
        before, after = expected.get(database, {}), found.get(database, {})
        for table in sorted(before.keys() | after.keys()):
            if before.get(table) != after.get(table):
                rows = [str(each[table].rows) if table in each else "no" for each in (before, after)]
                lines.append(f"{database}.{table} had {rows[0]} rows, and {rows[1]} after the recovery")
    return lines
