"""Which images Flux is told to run: those of a commit that differ from what runs."""

from pathlib import Path

import pytest

from contracts.names import BACKUP_IMAGE, IMAGES, App
from delivery import pins
from delivery.environments import list_environments, load_environment
from tests.git_repository import commit_change, run_git

OLD, NEW = "a" * 40, "b" * 40


def digests_of(tag: str) -> dict[str, str]:
    return {name: f"sha256:{tag[0]}-{name}" for name in IMAGES}


def pinned_at(tag: str) -> dict[str, pins.Pin]:
    return {name: {"tag": tag, "digest": digest} for name, digest in digests_of(tag).items()}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pins, "ROOT", tmp_path)
    run_git(tmp_path, "init", "--quiet")
    return tmp_path


class TestPins:
    def test_survive_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "images.yaml"
        pins.write_pins(file, pinned_at(OLD))
        assert pins.read_pins(file) == pinned_at(OLD)
        assert file.read_text().startswith("# ")

    def test_are_values_of_the_chart(self) -> None:
        values = pins.build_values(pinned_at(OLD))
        assert pins.parse_pins(values) == pinned_at(OLD)
        assert pins.parse_pins({"task": {"image": {"tag": "dev"}}, "global": {"image": {"tag": OLD}}}) == {}

    @pytest.mark.parametrize("name", list_environments())
    def test_are_in_a_file_that_the_overlay_has(self, name: str) -> None:
        file = pins.find_images_file(load_environment(name))
        assert set(pins.read_pins(file)) <= set(IMAGES)
        assert "\n      - images.yaml\n" in (file.parent / "kustomization.yaml").read_text()

    def test_move_where_content_has_changed_only(self) -> None:
        after = pins.pin_changed(pinned_at(OLD), pinned_at(NEW), lambda name, *_: name == App.CHAT)
        assert {name for name, pin in after.items() if pin["tag"] == NEW} == {App.CHAT}
        assert after == pinned_at(OLD) | {App.CHAT: pinned_at(NEW)[App.CHAT]}

    def test_are_those_of_the_commit_where_there_were_none(self) -> None:
        assert pins.pin_changed({}, pinned_at(NEW), lambda *_: False) == pinned_at(NEW)


class TestContent:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("services/task/src/task_service/main.py", {App.TASK}),
            ("services/frontend/package-lock.json", {App.FRONTEND}),
            ("tools/backup/Dockerfile", {BACKUP_IMAGE}),
            ("libs/servicekit/src/servicekit/app.py", set(App)),
            ("Dockerfile", set(App)),
            ("uv.lock", set(IMAGES)),
            ("services/task/tests/unit/test_dates.py", set()),
            ("libs/servicekit/tests/unit/test_app.py", set()),
            ("docs/CICD.md", set()),
        ],
    )
    def test_has_changed_for_images_it_goes_into(
        self, repository: Path, path: str, expected: set[str]
    ) -> None:
        before, after = commit_change(repository, "README.md"), commit_change(repository, path)
        assert {image for image in IMAGES if pins.has_changed(image, before, after)} == expected
        assert {image for image in IMAGES if pins.has_changed(image, after, before)} == expected, "back"

    def test_has_changed_if_git_does_not_know_the_commit(self, repository: Path) -> None:
        assert pins.has_changed(App.TASK, OLD, commit_change(repository, "README.md"))
