"""Releases: how one is put out, and where going back leads."""

from pathlib import Path

import pytest

from contracts.names import IMAGES, App
from delivery import releases
from delivery.environments import CHARTS, load_environment
from delivery.releases import Revision
from devstack.errors import CommandError
from tools.delivery.tests.unit.recorded import FakeAccess, Recorder, pairs, revisions

DIGEST = f"sha256:{'a' * 64}"


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(revisions(("deployed", "Install complete")))


@pytest.fixture
def access(recorder: Recorder) -> FakeAccess:
    return FakeAccess("staging", recorder=recorder)


class TestUpgrade:
    def test_takes_each_image_by_its_digest(self, access: FakeAccess, recorder: Recorder) -> None:
        releases.upgrade_release(
            access, load_environment("staging"), dict.fromkeys(IMAGES, DIGEST), tag="abc"
        )
        told = pairs(recorder.the("upgrade"), "--set-string")
        wanted = {f"{app}.image.digest={DIGEST}" for app in App}
        assert wanted | {f"global.backup.image.digest={DIGEST}"} <= set(told)

    def test_undoes_itself_if_it_can_not_start(self, access: FakeAccess, recorder: Recorder) -> None:
        releases.upgrade_release(access, load_environment("staging"), {}, tag="abc", wait="3m")
        assert {"--rollback-on-failure", "--timeout=3m"} <= set(recorder.the("upgrade"))

    def test_reads_the_values_of_its_environment_first(
        self, access: FakeAccess, recorder: Recorder, tmp_path: Path
    ) -> None:
        more = [("todo", tmp_path / "a.yaml"), ("data", tmp_path / "b.yaml")]
        for _, path in more:
            path.touch()
        releases.upgrade_release(access, load_environment("staging", more), {}, tag="abc")
        own = CHARTS / "todo" / "values-staging.yaml"
        assert pairs(recorder.the("upgrade"), "--values") == [str(own), str(more[0][1])]

    def test_that_fails_tells_of_the_pods(self, access: FakeAccess, recorder: Recorder) -> None:
        recorder.refuses = "upgrade"
        with pytest.raises(CommandError, match=r"upgrade(.|\n)*some pods"):
            releases.upgrade_release(access, load_environment("staging"), {}, tag="abc")

    def test_says_which_revision_it_became(self, access: FakeAccess) -> None:
        assert releases.upgrade_release(access, load_environment("staging"), {}, tag="abc").number == 1


class TestLastGood:
    @pytest.mark.parametrize(
        ("told", "number"),
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
        ],
        ids=[
            "the one before",
            "skips a failed one",
            "not what runs already",
            "a rollback counts",
            "none runs",
        ],
    )
    def test_is(self, told: list[tuple[str, str]], number: int) -> None:
        found = [Revision(each["revision"], each["status"], each["description"]) for each in revisions(*told)]
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
