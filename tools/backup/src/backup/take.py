"""Takes a backup: one snapshot of a database, dumped, sealed and sent to the store as it is read.

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
from backup.errors import BackupError
from backup.fingerprint import fingerprint
from backup.manifest import Manifest, name_of
from backup.programs import Running
from backup.sealing import recipients_of, seal
from backup.settings import Settings
from backup.store import Store

BLOCK = 2**20


async def take(settings: Settings, store: Store) -> Manifest:
    """The backup that is in the store now. Raises `BackupError`; then there is none that counts."""
    recipients = recipients_of(settings.recipients)
    connection = await connect(settings)
    try:
        return await _take(connection, settings.database, recipients, store)
    except asyncpg.PostgresError as error:
        raise BackupError(f"{settings.database} can't be read: {error}") from error
    finally:
        await connection.close()


async def _take(
    connection: asyncpg.Connection, database: str, recipients: Sequence[Any], store: Store
) -> Manifest:
    # While the dump runs, this connection does nothing but keep the snapshot.
    await connection.execute("SET idle_in_transaction_session_timeout = 0")
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        taken_at = (await connection.fetchval("SELECT now()")).astimezone(UTC)
        tables = await fingerprint(connection)
        if not tables:
            raise BackupError(f"{database} has no tables: there is nothing to keep.")
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
        dump = SealedDump(["pg_dump", "--format=custom", f"--snapshot={snapshot}"], recipients)
        name = name_of(taken_at)
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


class SealedDump:
    """What a program prints, sealed.

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
            os.fdopen(read_end, "rb") as sealed,
            ThreadPoolExecutor(1) as pool,
            Running(self._command, {}, stdout=subprocess.PIPE) as program,
        ):
            sealing = pool.submit(self._seal, program, write_end)
            try:
                while block := sealed.read(BLOCK):
                    self.size += len(block)
                    self._digest.update(block)
                    yield block
            except GeneratorExit:
                sealed.close()  # the thread finds nobody listening, and ends
                raise
            _settle(sealing, program)

    def _seal(self, program: Running, write_end: int) -> None:
        with os.fdopen(write_end, "wb") as target:
            seal(program.stdout, target, self._recipients)


def _settle(sealing: "Future[None]", program: Running) -> None:
    error = sealing.exception()
    failure = program.failure()
    if failure or error:
        raise BackupError(failure or f"The dump could not be sealed: {error}")
