"""Releases, made in a repository of their own."""

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tools.maintenance.api_changes import ACCEPTED, EVENTS, OPENAPI, RELEASED, ROOT
from tools.maintenance.changelog import Changelog, Version
from tools.maintenance.release import CHANGELOG, VERSIONED, ReleaseError, keep_api, release

TODAY = date(2026, 12, 24)
UNRELEASED = "### Fixed\n\n- [task] Overdue tasks keep their place."
BEFORE = f"# Changelog\n\n## [Unreleased]\n\n{UNRELEASED}\n\n## [1.2.3] - 2026-11-30\n\nWhat there was.\n"
FIELDS = ("title", "done")


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def write(root: Path, path: Path, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def write_api(root: Path, *fields: str) -> None:
    schema = {"type": "object", "properties": {field: {"type": "string"} for field in fields}}
    response = {"content": {"application/json": {"schema": schema}}}
    document: dict[str, Any] = {"paths": {"/tasks": {"get": {"responses": {"200": response}}}}}
    write(root, OPENAPI, json.dumps(document))


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "more")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As it is after the release of 1.2.3, with a fix."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.org")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for path in VERSIONED:
        write(tmp_path, path, (ROOT / path).read_text())
    write(tmp_path, CHANGELOG, BEFORE)
    write(tmp_path, ACCEPTED, "# why\n")
    write_api(tmp_path, *FIELDS)
    write(tmp_path, EVENTS / "task-event.json", '{"oneOf": []}')
    keep_api(tmp_path)
    commit(tmp_path)
    return tmp_path


class TestRelease:
    def test_is_a_commit_with_a_tag(self, repository: Path) -> None:
        assert release(repository, Version(1, 2, 4), TODAY) == "v1.2.4"
        assert git(repository, "log", "-1", "--format=%s").strip() == "release: 1.2.4"
        assert git(repository, "describe").strip() == "v1.2.4"
        assert git(repository, "status", "--porcelain") == ""

    def test_has_what_is_made_from_the_released_api(self, repository: Path) -> None:
        def generate(root: Path) -> None:
            write(root, Path("made.txt"), (root / RELEASED / OPENAPI.name).read_text())

        write_api(repository, *FIELDS, "notes")
        commit(repository)
        release(repository, Version(1, 2, 4), TODAY, generate)
        assert "notes" in git(repository, "show", "v1.2.4:made.txt")

    def test_tells_in_the_tag_what_is_new(self, repository: Path) -> None:
        release(repository, Version(1, 2, 4), TODAY)
        assert (
            git(repository, "tag", "--list", "--format=%(contents)", "v1.2.4").strip()
            == f"1.2.4\n\n{UNRELEASED}"
        )

    def test_stands_in_the_changelog(self, repository: Path) -> None:
        release(repository, Version(1, 2, 4), TODAY)
        text = (repository / CHANGELOG).read_text()
        assert f"## [Unreleased]\n\n## [1.2.4] - 2026-12-24\n\n{UNRELEASED}\n\n## [1.2.3]" in text
        assert Changelog(text).unreleased() == ""
        assert Changelog(text).versions() == [Version(1, 2, 4), Version(1, 2, 3)]

    @pytest.mark.parametrize("path", VERSIONED, ids=str)
    def test_stands_in_every_file_that_names_the_version(self, repository: Path, path: Path) -> None:
        release(repository, Version(1, 2, 4), TODAY)
        [*added] = [
            line[1:].strip()
            for line in git(repository, "diff", "--unified=0", "HEAD~1", "--", str(path)).splitlines()
            if line.startswith("+") and not line.startswith("+++")
        ]
        assert added
        assert all("1.2.4" in line for line in added)

    def test_keeps_the_api_of_now(self, repository: Path) -> None:
        write_api(repository, *FIELDS, "notes")
        commit(repository)
        release(repository, Version(1, 2, 4), TODAY)
        assert (repository / RELEASED / OPENAPI.name).read_text() == (repository / OPENAPI).read_text()


class TestBreaks:
    @pytest.fixture
    def line(self, repository: Path) -> str:
        write_api(repository, "title")
        commit(repository)
        return "GET /tasks: response 200: done: removed"

    def test_that_nobody_accepted_stop_the_release(self, repository: Path, line: str) -> None:
        with pytest.raises(ReleaseError, match="differs from what breaks"):
            release(repository, Version(2, 0, 0), TODAY)

    def test_that_were_accepted_need_a_major_version(self, repository: Path, line: str) -> None:
        write(repository, ACCEPTED, f"# why\n{line}\n")
        commit(repository)
        with pytest.raises(ReleaseError, match="may not break"):
            release(repository, Version(1, 3, 0), TODAY)
        assert release(repository, Version(2, 0, 0), TODAY) == "v2.0.0"
        assert (repository / ACCEPTED).read_text() == "# why\n"

    def test_below_one_need_a_minor_version(self) -> None:
        assert Version(0, 3, 0).allows_breaks_since(Version(0, 2, 7))
        assert not Version(0, 2, 8).allows_breaks_since(Version(0, 2, 7))


class TestRefusals:
    def test_of_a_version_that_does_not_follow(self, repository: Path) -> None:
        with pytest.raises(ReleaseError, match="does not follow"):
            release(repository, Version(1, 2, 3), TODAY)

    def test_of_changes_without_a_commit(self, repository: Path) -> None:
        write(repository, Path("notes.txt"), "x")
        with pytest.raises(ReleaseError, match="not committed"):
            release(repository, Version(1, 2, 4), TODAY)

    def test_of_another_branch(self, repository: Path) -> None:
        git(repository, "switch", "--quiet", "--create", "topic")
        with pytest.raises(ReleaseError, match="made on main"):
            release(repository, Version(1, 2, 4), TODAY)

    @pytest.mark.parametrize(
        ("written", "message"),
        [("", "nothing under"), ("### Broken\n\n- x", "known are"), ("### Added\n\n- x", "minor")],
    )
    def test_of_a_changelog_that_does_not_fit(self, repository: Path, written: str, message: str) -> None:
        write(repository, CHANGELOG, BEFORE.replace(UNRELEASED, written))
        commit(repository)
        with pytest.raises(ReleaseError, match=message):
            release(repository, Version(1, 2, 4), TODAY)

    @pytest.mark.parametrize("text", ["1.2", "v1.2.3", "1.2.3-rc1", "01.2.3", "latest"])
    def test_of_what_is_no_version(self, text: str) -> None:
        with pytest.raises(ValueError, match="is not a version"):
            Version.parse(text)
