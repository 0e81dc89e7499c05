"""From charts to environments that work, through releases good and bad, with people at work all the while."""

import asyncio
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from contracts.names import App
from tests.cluster.conftest import Until
from tests.cluster.delivery.door import https_door
from tests.cluster.delivery.environment import Deployed
from tests.cluster.todo.load import Load

pytestmark = pytest.mark.timeout(2400)  # the first test waits for everything


def _is_open(url: str) -> bool:
    where = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((where.hostname, where.port or 80)) == 0


class TestDeployment:
    def test_of_staging_works_for_a_person(self, staging: Deployed, until: Until) -> None:
        until(lambda: _is_open(staging.system.edge), 30)  # kube-proxy follows a moment later
        said = staging.delivery("smoke", f"--url={staging.system.edge}")
        assert said.count("  ok  ") == 3

    def test_of_staging_is_reached_by_https(self, staging: Deployed, tmp_path: Path, until: Until) -> None:
        with https_door(staging.system.edge, tmp_path) as door:
            until(lambda: _is_open(door.url), 10)
            said = staging.delivery("smoke", f"--url={door.url}", f"--authority={door.authority}")
        assert said.count("  ok  ") == 5

    def test_can_be_repeated_and_says_what_it_does(self, staging: Deployed) -> None:
        said = staging.delivery("deploy", "--steps=secrets,data", "--stand-in")
        assert "1/2 secrets:" in said
        assert "Every Secret is there." in said
        assert "2/2 data:" in said

    def test_of_production_is_apart_from_staging(
        self, staging: Deployed, production: Deployed, until: Until
    ) -> None:
        until(lambda: _is_open(production.system.edge), 30)
        said = production.delivery("smoke", f"--url={production.system.edge}")
        assert said.count("  ok  ") == 3
        assert staging.system.secret("session") != production.system.secret("session")


@pytest.mark.usefixtures("own_node")
class TestRelease:
    async def test_by_digest_is_not_noticed(self, staging: Deployed, load: Load) -> None:
        digests = staging.name_by_digest()
        file = staging.folder / "digests.json"
        file.write_text(json.dumps(digests))
        options = [f"--digests={file}", "--tag=dev"]
        said = await asyncio.to_thread(staging.delivery, "release", *options)
        assert all(digest in said for digest in digests.values())
        assert staging.running() == {app: f"local/todo/{app}@{digests[app]}" for app in App}
        assert load.answered > 20

    async def test_that_can_not_start_undoes_itself(self, staging: Deployed, load: Load) -> None:
        """Its settings are refused, so it never becomes ready; nobody notices, and CI sees a failure."""
        before, running = staging.revision(), staging.running()
        bad = staging.folder / "bad.yaml"
        bad.write_text("frontend: {env: {TODO_RATE_LIMIT: '0'}}\n")
        options = ["--tag=dev", "--wait=40s", f"--values=todo={bad}"]
        said = await asyncio.to_thread(staging.delivery, "release", *options, succeeds=False)
        assert "`helm upgrade` failed" in said
        assert staging.revision() == before + 2
        assert staging.running() == running
        assert load.answered > 20


class TestRollback:
    async def test_to_a_chosen_revision_is_not_noticed(self, staging: Deployed, load: Load) -> None:
        before, running = staging.revision(), staging.running()
        chatty = staging.folder / "chatty.yaml"
        chatty.write_text("task: {env: {TODO_LOG_LEVEL: DEBUG}}\n")
        await asyncio.to_thread(staging.delivery, "release", "--tag=dev", f"--values=todo={chatty}")
        said = await asyncio.to_thread(staging.delivery, "rollback", f"--to={before}")
        assert f"Rollback to {before}" in said
        assert staging.running() == running
        assert load.answered > 20

    async def test_to_the_last_good_one_finds_it(self, staging: Deployed, load: Load) -> None:
        """What ran before the rollback above, which is the newest with another content."""
        last = staging.revision()
        said = await asyncio.to_thread(staging.delivery, "rollback")
        assert f"Rollback to {last - 1}" in said
        assert load.answered > 20
