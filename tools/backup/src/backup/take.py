"""Takes a backup: one snapshot of a database, dumped, encrypted and sent to the store as it is read.

Nothing is written to a disk on the way. Rows and checksums of the manifest are read in the same snapshot as
the dump, so that whoever brings it back can tell whether it is the same.
"""

import asyncio
import hashlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC
from typing import Any

import asyncpg

from backup.connection import connect
from backup.encryption import encrypt_stream, parse_recipients
from backup.errors import BackupError
from backup.fingerprint import read_fingerprint
from backup.manifest import Manifest, format_name
from backup.programs import RunningProgram
from backup.settings import Settings
from backup.store import Store

BLOCK = 2**20


async def take_backup(settings: Settings, store: Store) -> Manifest:
    """The backup that is in the store now. Raises `BackupError`; then there is none that counts."""
    recipients = parse_recipients(settings.recipients)
    connection = await connect(settings)
    try:
        return await _dump_and_upload(connection, settings.database, recipients, store)
    except asyncpg.PostgresError as error:
        raise BackupError(f"{settings.database} can't be read: {error}") from error
    finally:
        await connection.close()


async def _dump_and_upload(
    connection: asyncpg.Connection, database: str, recipients: Sequence[Any], store: Store
) -> Manifest:
    # While the dump runs, this connection does nothing but keep the snapshot.
    await connection.execute("SET idle_in_transaction_session_timeout = 0")
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        taken_at = (await connection.fetchval("SELECT now()")).astimezone(UTC)
        tables = await read_fingerprint(connection)
        if not tables:
            raise BackupError(f"{database} has no tables: there is nothing to keep.")
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
        # It says for nobody that it is theirs, and so gets all rows; without the option it refuses to try.
        command = ["pg_dump", "--format=custom", "--enable-row-security", f"--snapshot={snapshot}"]
        dump = EncryptedDump(command, recipients)
        name = format_name(taken_at)
        await asyncio.to_thread(store.put_dump, database, name, dump)
        manifest = Manifest(
            database=database,
            name=name,
            taken_at=taken_at,
            server_version=await connection.fetchval("SHOW server_version"),
            revision=revision,
            size=dump.size,
            sha256=dump.sha256,
            tables=tables,
        )
    await asyncio.to_thread(store.put_manifest, manifest)
    return manifest


class EncryptedDump:
    """What a program prints, encrypted.

    Going through it raises `BackupError` if the program fails, also after all it printed was given out.
    """

    def __init__(self, command: Sequence[str], recipients: Sequence[Any]) -> None:
        self.size = 0
        self._command = command
        self._recipients = recipients
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        read_end, write_end = os.pipe()
        with (
            os.fdopen(read_end, "rb") as encrypted,
            ThreadPoolExecutor(1) as pool,
            RunningProgram(self._command, {}, stdout=subprocess.PIPE) as program,
        ):
            encryption = pool.submit(self._encrypt, program, write_end)
            try:
                while block := encrypted.read(BLOCK):
                    self.size += len(block)
                    self._digest.update(block)
                    yield block
            except GeneratorExit:
                encrypted.close()  # the thread finds nobody listening, and ends
                raise
            _check_outcome(encryption, program)

    def _encrypt(self, program: RunningProgram, write_end: int) -> None:
        with os.fdopen(write_end, "wb") as target:
            encrypt_stream(program.stdout, target, self._recipients)


def _check_outcome(encryption: "Future[None]", program: RunningProgram) -> None:
    error = encryption.exception()
    failure = program.failure()
    if failure or error:
        raise BackupError(failure or f"The dump could not be encrypted: {error}")
