"""Databases of a running environment: backed up, restored in a test, lost and brought back."""

import json
import re
import secrets
from pathlib import Path
from string import Template

import pytest
from backup.encryption import generate_key

from cluster.images.build import SERVICES
from cluster.images.platform import build_object_store_image, ensure_archive, format_image_name
from contracts.names import App
from delivery.backups import DATABASES
from devstack.toolbox.ensure import ensure_tools
from devstack.toolbox.object_store import OBJECT_STORE
from tests.cluster.delivery.environment import Deployed
from tests.system.api import open_api
from tests.system.waiting import eventually

pytestmark = pytest.mark.timeout(2400)  # the first test waits for everything

MANIFEST = Path(__file__).parent / "manifests" / "object-store.yaml"
SECONDS = 60


@pytest.fixture(scope="module")
def kept(staging: Deployed) -> Deployed:
    """Staging with a store for its backups, and the keys docs/RUNBOOK.md has people make."""
    ensure_tools([OBJECT_STORE])
    staging.cluster.load_image(ensure_archive(build_object_store_image()))
    key = staging.folder / "backup.key"
    recipient = generate_key(key)
    access = {"access_key": "backups", "secret_key": secrets.token_urlsafe(24)}
    for name, content in {
        "backup-store": access,
        "backup-recipients": {"recipients": recipient},
        "backup-identity": {"identity": key.read_text()},
    }.items():
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content}
        staging.system.kubectl("apply", "--filename", "-", stdin=json.dumps(secret))
    names = {
        "namespace": staging.name,
        "python": SERVICES[App.TASK],
        "image": format_image_name(OBJECT_STORE),
    }
    staging.cluster.apply(Template(MANIFEST.read_text()).substitute(names))
    ready = ["rollout", "status", "deployment/object-store", f"--timeout={SECONDS}s"]
    staging.system.kubectl(*ready)
    return staging


def sql(where: Deployed, database: App, statement: str) -> str:
    """What PostgreSQL answers the owner of a database."""
    command = ["psql", "--no-psqlrc", "-qAt", "--host=/tmp", "--username=postgres", f"--dbname={database}"]
    return where.system.kubectl("exec", "postgres-0", "--", *command, f"--command={statement}")


class TestBackups:
    async def test_bring_a_lost_database_back(self, kept: Deployed) -> None:
        """All tables gone; the person finds her tasks again, in their order, and can search them."""
        async with open_api(kept.system.edge) as nobody:
            ada = await nobody.sign_up()
            for title in ("water the plants", "call grandma"):
                assert (await ada.insist("POST", "/tasks", {"title": title})).status == 201
            before = await ada.items("/tasks")

            said = kept.delivery("backup")
            assert {line.split()[0] for line in said.splitlines() if " kept in " in line} == set(DATABASES)

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

            said = kept.delivery("restore", "--database=user")
            assert re.search(r"user will hear [1-9]\d* events again", said)

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
        said = kept.delivery("restore-test")
        lines = [line for line in said.splitlines() if " can be restored" in line]
        assert {line.split()[0] for line in lines} == set(DATABASES)

    def test_that_are_not_there_change_nothing(self, kept: Deployed) -> None:
        rows = sql(kept, App.TASK, "SELECT count(*) FROM task")
        said = kept.delivery("restore", "--database=task", "--at=20200101T000000Z", succeeds=False)
        assert "The store did not give task/20200101T000000Z/manifest.json" in said
        assert sql(kept, App.TASK, "SELECT count(*) FROM task") == rows
        deployment = kept.system.get("deployment", App.TASK)
        assert deployment["status"]["readyReplicas"] >= 1
