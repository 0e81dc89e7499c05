"""What is backed up comes back as it was, or nothing is touched and somebody is told why."""

import asyncio
import json
import os
import re
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest
from backup.encryption import parse_recipients
from backup.errors import BackupError
from backup.settings import StoreSettings
from backup.store import Store
from backup.take import EncryptedDump

from contracts.names import App
from devstack import servers
from tools.backup.tests.integration.conftest import Kept

WITH_DATABASE = sorted(set(App) - {App.FRONTEND})
VERSION = ["CREATE TABLE alembic_version (version_num text)", "INSERT INTO alembic_version VALUES ('0007')"]
AWKWARD = [
    *VERSION,
    'CREATE TABLE "Odd ""name" (id serial PRIMARY KEY, t text, x float8, b bytea, j jsonb, at timestamptz)',
    """INSERT INTO "Odd ""name" (t, x, b, j, at) VALUES
       ('it''s “ünï”\t\n\\', 0.1::float8 + 0.2::float8, '\\x00ff', '{"a": [1, null]}', '2026-03-29 02:30+01'),
       (NULL, 'NaN', NULL, NULL, 'infinity'), ('', '-0', '', '[]', '0044-03-15 BC')""",
    "CREATE TABLE empty ()",
    'CREATE VIEW lately AS SELECT id FROM "Odd ""name"',
    "CREATE TYPE mood AS ENUM ('fine', 'bad')",
    "CREATE TABLE moods (mood mood)",
]
CONTENT = 'SELECT "Odd ""name"::text FROM "Odd ""name" ORDER BY id'
LARGE = "CREATE TABLE large AS SELECT i, sha512(i::text::bytea) AS noise FROM generate_series(1, {}) AS i"
OTHERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND coalesce(wait_event_type, '') ~ '{}'"""


@pytest.fixture
async def filled(kept: Kept) -> Kept:
    """With a backup of what is in the database."""
    await kept.execute(*AWKWARD)
    kept.run("take")
    return kept


class TestTake:
    async def test_says_what_it_kept(self, kept: Kept) -> None:
        await kept.execute(*AWKWARD)
        output = kept.run("take")
        assert "kept in" in output
        assert "4 tables, 4 rows, schema 0007" in output
        assert kept.run("list") == re.sub(r" kept in [\d.]+ s", "", output)
        manifest = kept.manifest()
        assert (manifest["database"], manifest["revision"]) == (kept.database, "0007")
        assert {name: each["rows"] for name, each in manifest["tables"].items()} == {
            'Odd "name': 3,
            "alembic_version": 1,
            "empty": 0,
            "moods": 0,
        }

    async def test_keeps_nothing_anybody_could_read(self, filled: Kept) -> None:
        [dump] = filled.objects("dump.age")
        content = dump.read_bytes()
        assert content.startswith(b"age-encryption.org/v1\n")
        assert b"alembic" not in content
        assert b"PGDMP" not in content

    async def test_keeps_one_instant_while_others_write(self, kept: Kept) -> None:
        """Two tables that always change together; a backup between them would not compare equal."""
        await kept.execute(*VERSION, "CREATE TABLE a (i int)", "CREATE TABLE b (i int)", LARGE.format(50_000))

        async def write() -> None:
            connection = await asyncpg.connect(servers.postgres_dsn(kept.where, kept.database))
            try:
                for number in range(100_000):
                    await connection.execute(
                        f"WITH one AS (INSERT INTO a VALUES ({number})) INSERT INTO b VALUES ({number})"
                    )
            finally:
                await connection.close()

        writing = asyncio.create_task(write())
        await asyncio.sleep(0.2)
        output = await asyncio.to_thread(kept.run, "take")
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        tables = kept.manifest()["tables"]
        assert "kept" in output
        assert tables["a"] == tables["b"]
        assert 0 < tables["a"]["rows"] < len(await kept.fetch("SELECT i FROM a"))
        assert "can be restored" in kept.run("restore-test")

    async def test_refuses_an_empty_database(self, kept: Kept) -> None:
        assert "has no tables" in kept.run("take", succeeds=False)
        assert not list(kept.bucket.glob(kept.database))

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"BACKUP_RECIPIENTS": ""}, "nobody could ever open"),
            ({"BACKUP_RECIPIENTS": "age1nonsense"}, "BACKUP_RECIPIENTS"),
            ({"BACKUP_STORE_SECRET_KEY": "another"}, "dump.age: SignatureDoesNotMatch: "),
            ({"BACKUP_STORE_BUCKET": "nowhere-at-all"}, "dump.age: NoSuchBucket: "),
            ({"BACKUP_STORE_ENDPOINT": "ftp://store"}, "BACKUP_STORE_ENDPOINT: String should match"),
            ({"PGDATABASE": ""}, "PGDATABASE is not set"),
            ({"PGPORT": "1", "BACKUP_CONNECT_SECONDS": "1"}, "can't be reached"),
            ({"PGDATABASE": "missing"}, "can't be reached"),
        ],
    )
    async def test_says_why_it_can_not(self, kept: Kept, changed: dict[str, str], message: str) -> None:
        await kept.execute(*AWKWARD)
        complaint = kept.run("take", succeeds=False, **changed)
        assert message in complaint
        assert complaint.startswith("FAILED: ")
        assert len(complaint.splitlines()) == 1
        assert not kept.objects("manifest.json")


class TestDump:
    """Whatever ends it early, the store has none."""

    def put(self, kept: Kept, monkeypatch: pytest.MonkeyPatch, script: str) -> EncryptedDump:
        for name, value in kept.environment.items():
            monkeypatch.setenv(name, value)
        dump = EncryptedDump(["sh", "-c", script], parse_recipients(kept.environment["BACKUP_RECIPIENTS"]))
        Store.of(StoreSettings()).put_dump(kept.database, "20260101T000000Z", dump)
        return dump

    @pytest.mark.parametrize("size", [0, 10, 40_000_000])
    async def test_that_fails_at_its_very_end(
        self, kept: Kept, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        with pytest.raises(BackupError, match="sh: broke"):
            self.put(kept, monkeypatch, f"head -c {size} /dev/zero; echo broke >&2; exit 3")
        assert not kept.objects("dump.age")

    async def test_of_several_parts_is_whole(self, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
        dump = self.put(kept, monkeypatch, "head -c 40000000 /dev/zero")
        [stored] = kept.objects("dump.age")
        assert stored.stat().st_size == dump.size > 40_000_000


class TestRestoreTest:
    @pytest.mark.parametrize("service", WITH_DATABASE)
    async def test_passes_for_every_service(self, kept: Kept, service: str) -> None:
        """With its real schema: functions, indexes over them, types."""
        kept.migrate(service)
        kept.run("take")
        assert "can be restored" in kept.run("restore-test")

    def test_leaves_nothing_behind(self, filled: Kept) -> None:
        with TemporaryDirectory() as name:  # not in pytest's own folder, which is closed to other accounts
            folder = Path(name)
            folder.chmod(0o755)
            filled.run("restore-test", f"--folder={folder}")
            assert not list(folder.iterdir())

    async def test_fails_for_a_backup_that_is_too_old(self, filled: Kept) -> None:
        output = filled.run("restore-test", succeeds=False, BACKUP_MAX_AGE_HOURS="0.0000001")
        assert "The newest backup" in output

    async def test_passes_over_what_was_never_finished(self, filled: Kept) -> None:
        [manifest] = filled.objects("manifest.json")
        manifest.unlink()
        assert "There is no backup" in filled.run("restore-test", succeeds=False)
        assert filled.run("list") == ""

    async def test_needs_the_key_it_was_sealed_for(self, filled: Kept, tmp_path: Path) -> None:
        filled.run("key", str(tmp_path / "other"))
        output = filled.run("restore-test", succeeds=False, BACKUP_IDENTITY_FILE=str(tmp_path / "other"))
        assert "does not open" in output
        assert "The key can't be read" in filled.run(
            "restore-test", succeeds=False, BACKUP_IDENTITY_FILE="/nowhere"
        )

    async def test_fails_if_rows_are_missing(self, filled: Kept) -> None:
        change(filled, rows=4)
        output = filled.run("restore-test", succeeds=False)
        assert 'Table Odd "name holds 3 rows' in output
        assert "the backup said 4" in output

    async def test_fails_if_there_is_a_table_too_many(self, filled: Kept) -> None:
        [file] = filled.objects("manifest.json")
        manifest = json.loads(file.read_text())
        del manifest["tables"]["moods"]
        file.write_text(json.dumps(manifest))
        assert "The backup has no table moods" in filled.run("restore-test", succeeds=False)

    async def test_fails_if_a_row_is_another(self, filled: Kept) -> None:
        change(filled, checksum=1)
        assert "with checksum" in filled.run("restore-test", succeeds=False)


def change(kept: Kept, **values: int) -> None:
    """What the manifest says of a table."""
    [file] = kept.objects("manifest.json")
    manifest = json.loads(file.read_text())
    manifest["tables"]['Odd "name'].update(values)
    file.write_text(json.dumps(manifest))


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


class TestRestore:
    async def test_brings_everything_back(self, filled: Kept) -> None:
        before = await filled.fetch(CONTENT)
        await filled.execute(
            'DELETE FROM "Odd ""name" WHERE id = 1',
            "DROP VIEW lately",
            "ALTER TABLE moods ADD COLUMN more int",
            "CREATE TABLE later (i int)",
            "CREATE FUNCTION later_too() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        )
        assert "restored" in filled.run("restore", "--replace")
        assert await filled.fetch(CONTENT) == before
        assert await filled.fetch("SELECT id FROM lately ORDER BY id") == [1, 2, 3]
        assert await filled.fetch("SELECT to_regclass('later')") == [None]
        assert await filled.fetch("SELECT to_regproc('later_too')") == [None]
        # The sequence goes on where it was.
        await filled.execute('INSERT INTO "Odd ""name" (t) VALUES (NULL)')
        assert (await filled.fetch('SELECT max(id) FROM "Odd ""name"')) == [4]

    @pytest.mark.parametrize("service", WITH_DATABASE)
    async def test_works_for_every_service(self, kept: Kept, service: str) -> None:
        """With its real schema, as the role that owns it: policies on rows hold for that one, too."""
        kept.migrate(service)
        kept.run("take")
        assert "restored" in kept.run("restore", "--replace")

    async def test_leaves_a_database_that_is_not_empty(self, filled: Kept) -> None:
        await filled.execute('DELETE FROM "Odd ""name" WHERE id = 1')
        assert "is not empty" in filled.run("restore", succeeds=False)
        assert len(await filled.fetch(CONTENT)) == 2

    async def test_fills_an_empty_one(self, filled: Kept) -> None:
        before = await filled.fetch(CONTENT)
        await filled.execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        filled.run("restore")
        assert await filled.fetch(CONTENT) == before

    async def test_brings_back_the_one_it_is_told(self, filled: Kept) -> None:
        await asyncio.sleep(1.1)  # backups are called by the second
        await filled.execute('DELETE FROM "Odd ""name"')
        filled.run("take")
        first, second = [file.parent.name for file in filled.objects("manifest.json")]
        filled.run("restore", "--replace", BACKUP_AT=first)
        assert len(await filled.fetch(CONTENT)) == 3
        filled.run("restore", "--replace", f"--at={second}")
        assert len(await filled.fetch(CONTENT)) == 0
        output = filled.run("restore", "--replace", "--at=20200101T000000Z", succeeds=False)
        assert "did not give" in output
        assert "manifest.json: NoSuchKey: " in output
        assert "is not the name of a backup" in filled.run(
            "restore", "--replace", "--at=../x", succeeds=False
        )

    @pytest.mark.parametrize("harm", [damage, cut])
    async def test_of_a_damaged_dump_touches_nothing(self, kept: Kept, harm: object) -> None:
        await kept.execute(*AWKWARD, LARGE.format(30_000))
        kept.run("take")
        await kept.execute("CREATE TABLE later (i int)")
        assert callable(harm)
        harm(kept.objects("dump.age")[0])
        assert "does not open" in kept.run("restore", "--replace", succeeds=False)
        assert await kept.fetch("SELECT to_regclass('later')::text") == ["later"]
        assert len(await kept.fetch("SELECT i FROM large")) == 30_000

    async def test_that_compares_unequal_touches_nothing(self, filled: Kept) -> None:
        change(filled, checksum=1)
        await filled.execute('DELETE FROM "Odd ""name" WHERE id = 1')
        filled.run("restore", "--replace", succeeds=False)
        assert len(await filled.fetch(CONTENT)) == 2

    async def test_that_is_killed_touches_nothing(self, filled: Kept) -> None:
        """It waits for a lock when it dies; PostgreSQL takes back what it did."""
        connection = await asyncpg.connect(servers.postgres_dsn(filled.where, filled.database))
        async with connection.transaction():
            await connection.execute("LOCK TABLE moods IN ACCESS SHARE MODE")
            process = filled.start("restore", "--replace")
            async with asyncio.timeout(30):
                while not (await filled.fetch(OTHERS.format("Lock")))[0]:
                    await asyncio.sleep(0.05)
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        await connection.close()
        async with asyncio.timeout(30):
            while (await filled.fetch(OTHERS.format("")))[0]:
                await asyncio.sleep(0.05)
        assert len(await filled.fetch(CONTENT)) == 3
        assert await filled.fetch("SELECT id FROM lately ORDER BY id") == [1, 2, 3]

    async def test_gives_up_on_a_table_somebody_holds(self, filled: Kept) -> None:
        """Services that still run would write beside it."""
        connection = await asyncpg.connect(servers.postgres_dsn(filled.where, filled.database))
        async with connection.transaction():
            await connection.execute("LOCK TABLE moods IN ACCESS SHARE MODE")
            output = await asyncio.to_thread(
                filled.run, "restore", "--replace", succeeds=False, BACKUP_LOCK_SECONDS="1"
            )
        await connection.close()
        assert "lock timeout" in output
        assert len(await filled.fetch(CONTENT)) == 3


class TestKey:
    async def test_is_for_its_owner_and_never_written_over(self, kept: Kept) -> None:
        assert kept.key.stat().st_mode & 0o777 == 0o600
        before = kept.key.read_text()
        assert "can't be written" in kept.run("key", str(kept.key), succeeds=False)
        assert kept.key.read_text() == before
