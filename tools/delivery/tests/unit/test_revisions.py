"""Which commits may be released: a real history, and a fake `gh` that knows checks and pull requests."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from delivery import revisions
from delivery.revisions import require_releasable
from devstack.errors import CommandError

REPOSITORY = "owner/todo"
HEAD_OF_PULL = "e" * 40
GH = """#!/usr/bin/env python3
import json, pathlib, sys
responses = json.loads(pathlib.Path(__file__).with_name("responses.json").read_text())
print(json.dumps(responses[sys.argv[2].removeprefix("repos/owner/todo/commits/").partition("?")[0]]))
"""


def checks(conclusion: str, app: str = "github-actions") -> dict[str, Any]:
    return {"check_runs": [{"conclusion": conclusion, "app": {"slug": app}}]}


class History:
    """A repository whose `origin/main` has one commit, and a branch with another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")
        self.on_main = self.commit()
        self.git("update-ref", "refs/remotes/origin/main", self.on_main)
        self.on_branch = self.commit()

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
        command = ["git", *who, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def commit(self) -> str:
        self.git("commit", "--quiet", "--allow-empty", "--message=some")
        return self.git("rev-parse", "HEAD").strip()

    def set_responses(self, **by_path: Any) -> None:
        """What GitHub knows of the commit on main: `checks`, `pulls`, and `checks` of the pull request."""
        known = {
            f"{self.on_main}/check-runs": by_path.get("checks", {"check_runs": []}),
            f"{self.on_main}/pulls": by_path.get("pulls", []),
            f"{HEAD_OF_PULL}/check-runs": by_path.get("of_pull", {"check_runs": []}),
        }
        (self.folder / "responses.json").write_text(json.dumps(known))

    def pull(self, **differing: Any) -> dict[str, Any]:
        merged = {"merged_at": "2026-11-30", "merge_commit_sha": self.on_main, "base": {"ref": "main"}}
        return {**merged, "head": {"sha": HEAD_OF_PULL}, **differing}


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(revisions, "ROOT", tmp_path)
    found = History(tmp_path)
    found.set_responses()
    return found


class TestRevision:
    def test_that_passed_in_the_merge_queue_may_go(self, history: History) -> None:
        history.set_responses(checks=checks("success"))
        assert history.on_main in require_releasable(history.on_main, REPOSITORY)

    def test_that_passed_as_a_pull_request_may_go(self, history: History) -> None:
        history.set_responses(pulls=[history.pull()], of_pull=checks("success"))
        assert HEAD_OF_PULL in require_releasable(history.on_main, REPOSITORY)

    def test_of_a_branch_may_not(self, history: History) -> None:
        with pytest.raises(CommandError, match="is not on main"):
            require_releasable(history.on_branch, REPOSITORY)

    @pytest.mark.parametrize("named", ["main", "abc", "--upload-pack=x", "f" * 40])
    def test_that_is_no_commit_of_ours_may_not(self, history: History, named: str) -> None:
        with pytest.raises(CommandError, match="is not"):
            require_releasable(named, REPOSITORY)

    @pytest.mark.parametrize(
        "known", [checks("failure"), checks("success", app="somebody-else"), {"check_runs": []}]
    )
    def test_that_did_not_pass_may_not(self, history: History, known: dict[str, Any]) -> None:
        history.set_responses(checks=known)
        with pytest.raises(CommandError, match="has not passed"):
            require_releasable(history.on_main, REPOSITORY)

    @pytest.mark.parametrize(
        "differing", [{"merged_at": None}, {"merge_commit_sha": "d" * 40}, {"base": {"ref": "other"}}]
    )
    def test_of_a_pull_request_that_was_not_merged_as_it_may_not(
        self, history: History, differing: dict[str, Any]
    ) -> None:
        history.set_responses(pulls=[history.pull(**differing)], of_pull=checks("success"))
        with pytest.raises(CommandError, match="has not passed"):
            require_releasable(history.on_main, REPOSITORY)
