"""The workflows of .github/, as plain data."""

import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from devstack.paths import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"
NAMES = ("build", "ci", "codeql", "deploy", "docs", "images", "newcomer", "nightly", "rollback")


@dataclass(frozen=True, slots=True)
class Job:
    """One job of one workflow."""

    workflow: str
    name: str
    body: dict[str, Any]

    @property
    def steps(self) -> list[dict[str, Any]]:
        steps: list[dict[str, Any]] = self.body["steps"]
        return steps

    @property
    def text(self) -> str:
        return yaml.safe_dump(self.body)

    @property
    def secrets(self) -> set[str]:
        return set(re.findall(r"secrets\.(\w+)", self.text))

    @property
    def commands(self) -> list[list[str]]:
        """Every command its steps run, as words."""
        return [shlex.split(line) for step in self.steps for line in step.get("run", "").splitlines() if line]


def file(name: str) -> Path:
    return WORKFLOWS / f"{name}.yml"


@cache
def definition(name: str) -> dict[str, Any]:
    """YAML 1.1 takes the key `on` for a truth value."""
    read: dict[Any, Any] = yaml.safe_load(file(name).read_text())
    return {("on" if key is True else key): value for key, value in read.items()}


def jobs(*workflows: str) -> list[Job]:
    return [
        Job(workflow, name, body)
        for workflow in workflows or NAMES
        for name, body in definition(workflow)["jobs"].items()
    ]


def job(workflow: str, name: str) -> Job:
    return next(each for each in jobs(workflow) if each.name == name)
