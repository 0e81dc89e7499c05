"""Commits of a repository of a test's own."""

import subprocess
from pathlib import Path


def run_git(repository: Path, *arguments: str) -> str:
    """What git says, as somebody who signs nothing."""
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(repository), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit_change(repository: Path, path: str) -> str:
    """The commit that adds a line to a file, which is made if there is none."""
    file = repository / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{file.read_text() if file.exists() else ''}a line\n")
    run_git(repository, "add", "--all")
    run_git(repository, "commit", "--quiet", "--message", path)
    return run_git(repository, "rev-parse", "HEAD")
