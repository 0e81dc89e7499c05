"""Releases: how one is put out, and where going back leads."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.names import IMAGES, App
from delivery import releases
from delivery.environments import CHARTS, Environment, load_environment
from delivery.releases import Release, Revision
from devstack.errors import CommandError
from tools.delivery.tests.unit.recorded import INFRASTRUCTURE, FakeAccess, Recorder, pairs, revisions

DIGEST = f"sha256:{'a' * 64}"


def release(environment: Environment | None = None, **parts: Any) -> Release:
    return Release(environment or load_environment("staging"), **{"pins": {}, "tag": "abc"} | parts)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(revisions(("deployed", "Install complete")))


@pytest.fixture
def access(recorder: Recorder) -> FakeAccess:
    return FakeAccess("staging", recorder=recorder)


class TestUpgrade:
    def test_takes_each_image_by_its_digest(self, access: FakeAccess, recorder: Recorder) -> None:
        pin = {"tag": "abc", "digest": DIGEST}
        releases.upgrade_release(access, release(pins=dict.fromkeys(IMAGES, pin)))
        values = dict(each.split("=", 1) for each in pairs(recorder.the("upgrade"), "--set-json"))
        images = {f"{app}.image" for app in App} | {"global.backup.image"}
        assert {name: json.loads(value) for name, value in values.items()} == dict.fromkeys(images, pin)

    def test_undoes_itself_if_it_can_not_start(self, access: FakeAccess, recorder: Recorder) -> None:
        releases.upgrade_release(access, release(wait="3m"))
        assert {"--rollback-on-failure", "--timeout=3m"} <= set(recorder.the("upgrade"))

    def test_reads_the_values_of_its_environment_first(
        self, access: FakeAccess, recorder: Recorder, tmp_path: Path
    ) -> None:
        more = [("todo", tmp_path / "a.yaml"), ("data", tmp_path / "b.yaml")]
        for _, path in more:
            path.touch()
        releases.upgrade_release(access, release(load_environment("staging", more)))
        own = CHARTS / "todo" / "values-staging.yaml"
        assert pairs(recorder.the("upgrade"), "--values") == [str(own), "-", str(more[0][1])]
        assert yaml.safe_load(recorder.given_to("upgrade")) == INFRASTRUCTURE["todo"]

    @pytest.mark.parametrize("infrastructure", [None, {"data": {}}], ids=["none", "of one chart"])
    def test_without_values_of_the_infrastructure_changes_nothing(
        self, access: FakeAccess, recorder: Recorder, infrastructure: dict[str, Any] | None
    ) -> None:
        recorder.infrastructure = infrastructure
        with pytest.raises(CommandError, match="make deploy ENV=staging STEPS=values"):
            releases.upgrade_release(access, release())
        assert not [command for command in recorder.commands if command[0] == "upgrade"]

    def test_that_fails_tells_of_the_pods(self, access: FakeAccess, recorder: Recorder) -> None:
        recorder.refuses = "upgrade"
        with pytest.raises(CommandError, match=r"upgrade(.|\n)*some pods"):
            releases.upgrade_release(access, release())

    def test_says_which_revision_it_became(self, access: FakeAccess) -> None:
        assert releases.upgrade_release(access, release()).number == 1


class TestLastGood:
    @pytest.mark.parametrize(
        ("outcomes", "number"),
        [
            ([("superseded", "Install complete"), ("deployed", "Upgrade complete")], 1),
            (
                [
                    ("superseded", "Install complete"),
                    ("failed", "Upgrade failed"),
                    ("deployed", "Upgrade complete"),
                ],
                1,
            ),
            (
                [
                    ("superseded", "Install complete"),
                    ("superseded", "Upgrade complete"),
                    ("failed", "Upgrade failed"),
                    ("deployed", "Rollback to 2"),
                ],
                1,
            ),
            (
                [
                    ("superseded", "Install complete"),
                    ("superseded", "Upgrade complete"),
                    ("superseded", "Rollback to 1"),
                    ("deployed", "Upgrade complete"),
                ],
                3,
            ),
            ([("superseded", "Install complete"), ("failed", "Upgrade failed")], 1),
            (
                [
                    ("superseded", "Install complete"),
                    ("superseded", "Canary 0 %"),
                    ("deployed", "Canary 5 %"),
                ],
                1,
            ),
            (
                [
                    ("superseded", "Install complete"),
                    ("superseded", "Canary 50 %"),
                    ("superseded", "Canary promoted"),
                    ("deployed", "Upgrade complete"),
                ],
                1,
            ),
        ],
        ids=[
            "the one before",
            "skips a failed one",
            "not what runs already",
            "a rollback counts",
            "none runs",
            "before a canary",
            "before one that was promoted",
        ],
    )
    def test_is(self, outcomes: list[tuple[str, str]], number: int) -> None:
        found = [
            Revision(each["revision"], each["status"], each["description"]) for each in revisions(*outcomes)
        ]
        assert releases.find_last_good(found).number == number

    def test_of_the_first_release_is_none(self) -> None:
        with pytest.raises(CommandError, match="no earlier release"):
            releases.find_last_good([Revision(1, "deployed", "Install complete")])


class TestRollBack:
    def test_goes_to_the_revision_asked_for(self, access: FakeAccess, recorder: Recorder) -> None:
        releases.roll_back(access, 7)
        assert recorder.the("rollback")[1:4] == ("todo", "7", "--wait")

    def test_goes_to_the_last_good_one_by_default(self, access: FakeAccess, recorder: Recorder) -> None:
        recorder.history = revisions(("superseded", "Install complete"), ("deployed", "Upgrade complete"))
        releases.roll_back(access)
        assert recorder.the("rollback")[2] == "1"


class TestRunning:
    def recorded(self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, images: list[str]) -> FakeAccess:
        containers = [{"image": f"registry.example.com/ours/{image}"} for image in images]
        pods = {"template": {"spec": {"containers": [*containers, {"image": "redis:7"}]}}}
        listed = json.dumps({"items": [{"spec": pods}]})
        monkeypatch.setattr(Recorder, "kubectl", lambda *_, **__: listed)
        return FakeAccess("staging", recorder=recorder)

    def test_digests_are_those_of_our_images(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        digest = f"sha256:{'a' * 64}"
        access = self.recorded(recorder, monkeypatch, [f"{name}@{digest}" for name in IMAGES])
        assert releases.list_running(access) == dict.fromkeys(IMAGES, digest)

    def test_a_canary_is_not_among_them(self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
        digest, other = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
        access = self.recorded(recorder, monkeypatch, [f"{name}@{digest}" for name in IMAGES])
        listed = json.loads(access.kubectl())
        labels = {"labels": {"app.kubernetes.io/component": "canary"}}
        containers = [{"image": f"registry.example.com/ours/{App.FRONTEND}@{other}"}]
        listed["items"].append({"metadata": labels, "spec": {"containers": containers}})
        monkeypatch.setattr(Recorder, "kubectl", lambda *_, **__: json.dumps(listed))
        assert releases.list_running(access) == dict.fromkeys(IMAGES, digest)

    def test_refuses_one_that_runs_by_a_tag(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        access = self.recorded(recorder, monkeypatch, [f"{name}:{'b' * 40}" for name in IMAGES])
        with pytest.raises(CommandError, match="Not running by digest: analytics, backup"):
            releases.list_running(access)
