"""Brings a backup back, in one transaction: all of it, checked against its manifest, or nothing."""

import contextlib
import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from backup.encryption import decrypt_stream
from backup.errors import BackupError
from backup.fingerprint import build_comparison_sql
from backup.manifest import Manifest
from backup.programs import RunningProgram
from backup.store import Store

OWN = """
SELECT format(CASE relkind WHEN 'v' THEN 'DROP VIEW IF EXISTS %1$s CASCADE'
                           WHEN 'S' THEN 'DROP SEQUENCE IF EXISTS %1$s CASCADE'
                           ELSE 'DROP TABLE IF EXISTS %1$s CASCADE' END,
              format('public.%I', relname)) AS command,
       oid, 'pg_class'::regclass AS catalog
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
UNION ALL
SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure), oid, 'pg_proc'::regclass
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT format('DROP TYPE IF EXISTS public.%I CASCADE', typname), oid, 'pg_type'::regclass
FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
"""
OF_NO_EXTENSION = """NOT EXISTS (SELECT FROM pg_depend
    WHERE pg_depend.objid = own.oid AND pg_depend.classid = own.catalog AND deptype = 'e')"""
REFUSE = f"""
DO $do$ BEGIN
    IF EXISTS (SELECT FROM ({OWN}) AS own WHERE {OF_NO_EXTENSION}) THEN
        RAISE EXCEPTION 'The database is not empty; --replace takes away what is in it';
    END IF;
END $do$;
"""
CLEAR = f"""
DO $do$ DECLARE each text; BEGIN
    FOR each IN SELECT command FROM ({OWN}) AS own WHERE {OF_NO_EXTENSION} LOOP EXECUTE each; END LOOP;
END $do$;
"""  # noqa: S608


def restore_backup(
    store: Store,
    manifest: Manifest,
    identity: Any,
    *,
    replace: bool,
    lock_seconds: float = 0,
    database: Mapping[str, str] | None = None,
) -> None:
    """Raises `BackupError`; then the database is as it was.

    identity: age's, which the dump was encrypted for.
    replace: take away what is there; otherwise a database that isn't empty is refused.
    lock_seconds: how long to wait for somebody else's transaction; 0 for ever.
    database: libpq's variables where they differ from the environment's.
    """
    into = database or {}
    psql = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    read = ["pg_restore", "--format=custom", "--exit-on-error", "--no-owner", "--no-privileges", "--file=-"]
    dump = VerifiedReader(store.dump(manifest))
    with (
        RunningProgram(psql, into, stdin=subprocess.PIPE) as session,
        RunningProgram(read, into, stdin=subprocess.PIPE, stdout=session.stdin) as reader,
    ):
        failure = _describe_errors(session, _beginning(lock_seconds) + (CLEAR if replace else REFUSE))
        cause = ""
        if not failure:
            with ThreadPoolExecutor(1) as pool:
                feeding = pool.submit(_feed, dump, reader.stdin, identity)
            error = feeding.exception()
            # Of a dump that doesn't open, whoever reads it complains too.
            cause = str(error) if isinstance(error, BackupError) else ""
            failure = cause or reader.failure() or (str(error) if error else "")
        if not failure and dump.sha256 != manifest.sha256:
            failure = f"The dump has the checksum {dump.sha256}, its manifest says {manifest.sha256}."
        if not failure:
            failure = _describe_errors(session, build_comparison_sql(manifest.tables) + "\nCOMMIT;\n")
        _close(session.stdin)
        # Without a COMMIT the end of what it is told takes everything back.
        complaint = session.failure()
    if complaint or failure:
        raise BackupError(cause or complaint or failure)


def _beginning(lock_seconds: float) -> str:
    settings = {
        "lock_timeout": round(lock_seconds * 1000),
        "statement_timeout": 0,
        "client_min_messages": "warning",
    }
    return "BEGIN;\n" + "".join(f"SET LOCAL {name} = {value};\n" for name, value in settings.items())


class VerifiedReader:
    """Blocks as a file to read, whose checksum is known at the end."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; fewer don't mean the end, none do."""
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._digest.update(block)
            self._rest = block
        given, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return given

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _feed(dump: Any, target: IO[bytes], identity: Any) -> None:
    try:
        decrypt_stream(dump, target, identity)
    finally:
        _close(target)


def _describe_errors(session: RunningProgram, text: str) -> str:
    """Nothing, or that psql has ended already; it says why itself."""
    try:
        session.stdin.write(text.encode())
        session.stdin.flush()
    except BrokenPipeError:
        return "psql has ended."
    return ""


def _close(stream: IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        stream.close()
