"""From charts to environments that work, through releases good and bad, with people at work all the while."""

import asyncio

import pytest

from contracts.names import App
from tests.cluster.delivery.environment import Deployed
from tests.cluster.todo.load import Load

pytestmark = pytest.mark.timeout(2400)  # the first test waits for everything


def edge(environment: Deployed) -> str:
    return f"--url={environment.system.edge}"


class TestDeployment:
    def test_of_staging_works_for_a_person(self, staging: Deployed) -> None:
        said = staging.delivery("smoke", edge(staging))[1]
        assert said.count("  ok  ") == 3

    def test_can_be_repeated_and_says_what_it_does(self, staging: Deployed) -> None:
        steps = ["--steps=secrets,data", "--stand-in"]
        said = staging.delivery("deploy", *steps)[1]
        assert "1/2 secrets:" in said
        assert "Every Secret is there." in said
        assert "2/2 data:" in said

    def test_of_production_is_apart_from_staging(self, staging: Deployed, production: Deployed) -> None:
        assert production.delivery("smoke", edge(production))[1].count("  ok  ") == 3
        assert staging.system.secret("session") != production.system.secret("session")


class TestRelease:
    async def test_by_digest_is_not_noticed(self, staging: Deployed, load: Load) -> None:
        digests = staging.digests()
        if set(digests) != set(App):
            pytest.skip("the node knows no image by its digest")
        file = staging.folder / "digests.json"
        file.write_text(str(digests).replace("'", '"'))
        options = [f"--digests={file}", "--tag=dev"]
        said = (await asyncio.to_thread(staging.delivery, "release", *options))[1]
        assert all(digest in said for digest in digests.values())
        assert staging.running() == {app: f"local/todo/{app}@{digests[app]}" for app in App}
        assert load.failures == []
        assert load.answered > 20

    async def test_that_can_not_start_undoes_itself(self, staging: Deployed, load: Load) -> None:
        """Its settings are refused, so it never becomes ready; nobody notices, and CI sees a failure."""
        before, running = staging.revision(), staging.running()
        bad = staging.folder / "bad.yaml"
        bad.write_text("frontend: {env: {TODO_RATE_LIMIT: '0'}}\n")
        options = ["--tag=dev", "--wait=40s", f"--values=todo={bad}"]
        status, said = await asyncio.to_thread(lambda: staging.delivery("release", *options, check=False))
        assert status == 1
        assert "`helm upgrade` failed" in said
        assert staging.revision() == before + 2
        assert staging.running() == running
        assert load.failures == []


class TestRollback:
    async def test_to_a_chosen_revision_is_not_noticed(self, staging: Deployed, load: Load) -> None:
        before, running = staging.revision(), staging.running()
        chatty = staging.folder / "chatty.yaml"
        chatty.write_text("task: {env: {TODO_LOG_LEVEL: DEBUG}}\n")
        await asyncio.to_thread(staging.delivery, "release", "--tag=dev", f"--values=todo={chatty}")
        said = (await asyncio.to_thread(staging.delivery, "rollback", f"--to={before}"))[1]
        assert f"Rollback to {before}" in said
        assert staging.running() == running
        assert load.failures == []

    async def test_to_the_last_good_one_finds_it(self, staging: Deployed, load: Load) -> None:
        """What ran before the rollback above, which is the newest with another content."""
        last = staging.revision()
        said = (await asyncio.to_thread(staging.delivery, "rollback"))[1]
        assert f"Rollback to {last - 1}" in said
        assert load.failures == []
