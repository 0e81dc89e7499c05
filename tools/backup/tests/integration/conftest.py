"""A real PostgreSQL, and a real store that speaks S3; the program is run as in its image."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from devstack import processes, servers
from devstack.addresses import HOST, Addresses
from devstack.paths import RunFolder
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.object_store import OBJECT_STORE
from tests.system.waiting import until

ACCESS_KEY, SECRET_KEY = "backups", "a secret of the store"
START_SECONDS, STOP_SECONDS = 20, 5


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A server whose buckets are folders."""

    folder: Path
    port: int

    def is_open(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0

    def make_bucket(self) -> str:
        name = f"bucket-{uuid4().hex}"
        (self.folder / name).mkdir()
        return name


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    folder = RunFolder(tmp_path_factory.mktemp("object-store"))
    folder.make()
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        store = ObjectStore(folder.path / "buckets", probe.getsockname()[1])
    store.folder.mkdir()
    options = [f"--port={HOST}:{store.port}", "--quiet", "posix", str(store.folder)]
    keys = {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}
    server = processes.start_process(
        folder, "object-store", [str(find_tool(OBJECT_STORE)), *options], env={**os.environ, **keys}
    )
    until(store.is_open, seconds=START_SECONDS)
    yield store
    processes.stop_process(folder, server, seconds=STOP_SECONDS)


@dataclass(slots=True)
class Kept:
    """A database, and the program that backs it up into a bucket of its own."""

    database: str
    where: Addresses
    bucket: Path
    key: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "backup.cli", *arguments],
            env={**os.environ, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, succeeds: bool = True, **environment: str) -> str:
        """What it said; it has to end as told."""
        process = self.start(*arguments, **environment)
        output, _ = process.communicate()
        assert (process.returncode == 0) == succeeds, output
        return output

    async def execute(self, *statements: str) -> None:
        connection = await asyncpg.connect(servers.postgres_dsn(self.where, self.database))
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    async def fetch(self, query: str) -> list[Any]:
        """The first column of each row."""
        connection = await asyncpg.connect(servers.postgres_dsn(self.where, self.database))
        found = [row[0] for row in await connection.fetch(query)]
        await connection.close()
        return found

    def migrate(self, service: str) -> None:
        url = servers.postgres_url(self.where).format(app=self.database)
        program = Path(sys.executable).with_name("migrate")
        subprocess.run([program, service], env={**os.environ, "TODO_DATABASE_URL": url}, check=True)

    def objects(self, name: str) -> list[Path]:
        """Files of this name in the bucket, oldest first."""
        return sorted(self.bucket.glob(f"{self.database}/*/{name}"))

    def manifest(self) -> dict[str, Any]:
        """Of the newest backup."""
        found: dict[str, Any] = json.loads(self.objects("manifest.json")[-1].read_text())
        return found


@pytest.fixture
async def kept(postgres: Addresses, object_store: ObjectStore, tmp_path: Path) -> AsyncIterator[Kept]:
    """An empty database and an empty bucket."""
    name = f"kept_{uuid4().hex}"
    dsn = servers.postgres_dsn(postgres, "postgres")
    admin = await asyncpg.connect(dsn, user=servers.POSTGRES_SUPERUSER)
    await admin.execute(f'CREATE DATABASE "{name}" OWNER {servers.POSTGRES_ROLE}')
    bucket = object_store.make_bucket()
    kept = Kept(name, postgres, object_store.folder / bucket, tmp_path / "key")
    recipient = kept.run("key", str(kept.key)).strip()
    kept.environment = {
        "PGHOST": HOST,
        "PGPORT": str(postgres.postgres),
        "PGUSER": "todo",
        "PGDATABASE": name,
        "BACKUP_RECIPIENTS": recipient,
        "BACKUP_IDENTITY_FILE": str(kept.key),
        "BACKUP_STORE_ENDPOINT": f"http://{HOST}:{object_store.port}",
        "BACKUP_STORE_BUCKET": bucket,
        "BACKUP_STORE_ACCESS_KEY": ACCESS_KEY,
        "BACKUP_STORE_SECRET_KEY": SECRET_KEY,
    }
    yield kept
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()
