"""Suites: which ones a change needs."""

import re
import subprocess

import pytest

from delivery.changes import NOTHING, list_changed_paths, list_suites, select_suites
from devstack.errors import CommandError
from devstack.paths import ROOT

READS = re.compile(r'"docs" / "([\w-]+\.md)"')


def names(*paths: str) -> set[str]:
    return {suite.name for suite in select_suites(paths)}


class TestNeeded:
    def test_are_those_of_the_service(self) -> None:
        assert names("services/task/src/task_service/tasks/routes.py") == {
            "task",
            "system",
            "browser",
            "maintenance",
            "monitoring",
            "backup",
        }

    def test_are_all_that_use_the_libraries(self) -> None:
        assert {"task", "user", "system", "libraries"} <= names(
            "libs/servicekit/src/servicekit/security/auth.py"
        )

    def test_are_few_for_terraform(self) -> None:
        assert names("terraform/doks.tf") == {"terraform"}

    def test_are_those_of_the_site_for_a_document(self) -> None:
        assert names("docs/DAPR.md", "README.md") == {"docs"}

    def test_are_all_for_the_lock_file(self) -> None:
        assert names("uv.lock") == {suite.name for suite in list_suites()}

    @pytest.mark.parametrize(
        "path", ["Dockerfile", "Makefile", "tools/uv", "toolchain/go/requirements.txt", "new/file"]
    )
    def test_are_all_for_a_path_nobody_knows(self, path: str) -> None:
        assert names(path, "README.md") == {suite.name for suite in list_suites()}

    def test_are_those_whose_tests_read_the_document(self) -> None:
        """A test spells the path as `ROOT / "docs"` and the name after it."""
        for suite in list_suites():
            tests = [file for path in suite.tests for file in (ROOT / path).rglob("test_*.py")]
            read = {name for file in tests for name in READS.findall(file.read_text())}
            for name in sorted(read):
                assert suite.name in names(f"docs/{name}"), (suite.name, name)


class TestSuites:
    def test_have_tests(self) -> None:
        for suite in list_suites():
            assert all((ROOT / path).exists() for path in suite.tests), suite.name

    def test_run_every_test_there_is(self) -> None:
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "**/test_*.py"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        run = tuple(f"{path}/" for suite in list_suites() for path in suite.tests)
        always = ("tests/architecture/", "tests/cluster/")  # with each change; on a machine with a cluster
        assert not [path for path in listed.splitlines() if not path.startswith((*run, *always))]


class TestChangedPaths:
    def test_are_those_between_two_commits(self) -> None:
        assert list_changed_paths("HEAD", "HEAD") == []

    def test_are_unknown_for_a_new_branch(self) -> None:
        assert list_changed_paths(NOTHING, "HEAD") is None

    def test_are_unknown_from_a_commit_that_is_gone(self) -> None:
        assert list_changed_paths("d" * 40, "HEAD") is None

    def test_refuses_what_would_be_an_option(self) -> None:
        with pytest.raises(CommandError, match="is not a commit"):
            list_changed_paths("--output=/tmp/x", "HEAD")
