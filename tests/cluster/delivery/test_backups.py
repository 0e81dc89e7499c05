"""Databases of a running environment: backed up, restored in a test, lost and brought back."""

import re

import pytest
from backup.encryption import generate_key

from contracts.names import App
from delivery.backups import DATABASES
from tests.cluster.delivery.environment import Deployed
from tests.cluster.delivery.object_store import install_object_store
from tests.system.api import open_api
from tests.system.waiting import eventually

pytestmark = pytest.mark.timeout(2400)  # the first test waits for everything

SECONDS = 60


@pytest.fixture(scope="module")
def kept(own_images: None, staging: Deployed) -> Deployed:
    """Staging with a store for its backups, and the keys docs/RUNBOOK.md has people make."""
    key = staging.folder / "backup.key"
    recipient = generate_key(key)
    install_object_store(staging)
    staging.apply_secret("backup-recipients", {"recipients": recipient})
    staging.apply_secret("backup-identity", {"identity": key.read_text()})
    return staging


def sql(where: Deployed, database: App, statement: str) -> str:
    """What the primary of PostgreSQL answers its superuser, who can only come from inside its pod."""
    command = ["psql", "--no-psqlrc", "-qAt", "--username=postgres", f"--dbname={database}"]
    primary = where.system.primary()
    in_pod = ["exec", primary, "--container=postgres", "--"]
    return where.system.kubectl(*in_pod, *command, f"--command={statement}")


class TestBackups:
    async def test_bring_a_lost_database_back(self, kept: Deployed) -> None:
        """All tables gone; the person finds her tasks again, in their order, and can search them."""
        async with open_api(kept.system.edge) as nobody:
            ada = await nobody.sign_up()
            for title in ("water the plants", "call grandma"):
                assert (await ada.insist("POST", "/tasks", {"title": title})).status == 201
            before = await ada.items("/tasks")

            output = kept.delivery("backup")
            assert {line.split()[0] for line in output.splitlines() if " kept in " in line} == set(DATABASES)

            await ada.insist("POST", "/tasks", {"title": "after the backup"})
            sql(kept, App.TASK, "DROP OWNED BY task CASCADE")
            assert sql(kept, App.TASK, "SELECT to_regclass('task')").strip() == ""

            assert "restored in" in kept.delivery("restore", "--database=task")

            async def tasks() -> list[str]:
                return [item["id"] for item in await ada.items("/tasks")]

            expected = [item["id"] for item in before]
            await eventually(tasks, lambda found: found == expected, SECONDS)
            found = await ada.items("/tasks?q=grandma")
            assert [item["title"] for item in found] == ["call grandma"]
            assert (await ada.insist("POST", "/tasks", {"title": "life goes on"})).status == 201

    async def test_bring_back_nobody_who_was_erased_since(self, kept: Deployed) -> None:
        """The service hears again what its database has forgotten."""
        async with open_api(kept.system.edge) as nobody:
            ada, bob = await nobody.sign_up(), await nobody.sign_up()
            kept.delivery("backup", "--database=user")
            assert (await bob.insist("DELETE", "/users/me")).status == 204

            output = kept.delivery("restore", "--database=user")
            assert re.search(r"user will hear [1-9]\d* events again", output)

            async def there() -> list[bool]:
                found = sql(kept, App.USER, "SELECT id FROM user_account").split()
                return [person.user["id"] in found for person in (ada, bob)]

            await eventually(there, lambda found: found == [True, False], SECONDS)
            assert (await ada.insist("GET", "/users/me")).status == 200

    def test_are_listed(self, kept: Deployed) -> None:
        lines = kept.delivery("backups").splitlines()
        assert {line.split()[0] for line in lines} >= set(DATABASES)
        assert all("schema" in line for line in lines)

    def test_can_be_restored(self, kept: Deployed) -> None:
        """In a pod without a way to any database."""
        output = kept.delivery("restore-test")
        lines = [line for line in output.splitlines() if " can be restored" in line]
        assert {line.split()[0] for line in lines} == set(DATABASES)

    def test_that_are_not_there_change_nothing(self, kept: Deployed) -> None:
        rows = sql(kept, App.TASK, "SELECT count(*) FROM task")
        output = kept.delivery("restore", "--database=task", "--at=20200101T000000Z", succeeds=False)
        assert "The store did not give task/20200101T000000Z/manifest.json" in output
        assert sql(kept, App.TASK, "SELECT count(*) FROM task") == rows
        deployment = kept.system.get("deployment", App.TASK)
        assert deployment["status"]["readyReplicas"] >= 1
