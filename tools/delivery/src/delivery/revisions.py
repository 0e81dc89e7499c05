"""Which commits may be released: those of main that passed CI."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.tool import require_command

MAIN = "origin/main"
REQUIRED_CHECK = "ci"


def require_releasable(commit: str, repository: str) -> str:
    """Say on which commit CI passed. Raises `CommandError` if `commit` isn't on main, or CI didn't pass.

    repository: `owner/name` at GitHub. Uses the history of the working copy, and `gh`.
    """
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise CommandError(f"{commit!r} is not a commit; give the full SHA.")
    ancestor = ["git", "merge-base", "--is-ancestor", commit, MAIN]
    if subprocess.run(ancestor, cwd=ROOT, capture_output=True, check=False).returncode:
        raise CommandError(f"{commit} is not on main.")
    for tested in _list_tested(commit, repository):
        if _passed(tested, repository):
            return f"{commit} is on main; {REQUIRED_CHECK} passed on {tested}."
    raise CommandError(
        f"The check `{REQUIRED_CHECK}` has not passed on {commit}, nor where it was merged from."
    )


def _list_tested(commit: str, repository: str) -> Iterator[str]:
    """Commits CI may have run on: this one, in the merge queue, or the head of its pull request."""
    yield commit
    for pull in _ask_github(f"repos/{repository}/commits/{commit}/pulls"):
        if pull["merged_at"] and pull["merge_commit_sha"] == commit and pull["base"]["ref"] == "main":
            yield str(pull["head"]["sha"])


def _passed(commit: str, repository: str) -> bool:
    """Whether GitHub Actions says so: any app could make a check of this name."""
    checks = f"repos/{repository}/commits/{commit}/check-runs?check_name={REQUIRED_CHECK}&filter=latest"
    runs = _ask_github(checks)["check_runs"]
    ours = [run["conclusion"] for run in runs if run["app"]["slug"] == "github-actions"]
    return bool(ours) and set(ours) == {"success"}


def _ask_github(path: str) -> Any:
    gh = require_command("gh", "Install GitHub's command line.")
    done = subprocess.run([gh, "api", path], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"GitHub refused {path}: {done.stderr.strip()}")
    return json.loads(done.stdout)
