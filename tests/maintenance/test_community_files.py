"""The files GitHub, editors and Renovate read: they fit their schemas, and name what is there."""

import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, tracked

TEMPLATES = ROOT / ".github" / "ISSUE_TEMPLATE"
CODEOWNERS = ROOT / ".github" / "CODEOWNERS"
RENOVATE = ROOT / "renovate.json"

WRITTEN_FOR = {
    "devcontainer": ".devcontainer/*.json",
    "dockerfile": "*Dockerfile",
    "docker-compose": "*compose.yaml",
    "github-actions": ".github/workflows/*.yml",
    "gomod": "*go.mod",
    "helm-values": "*values.yaml",
    "helmfile": "*helmfile.yaml*",
    "helmv3": "*Chart.yaml",
    "kubernetes": "kafka/*.yaml",
    "maven": "*pom.xml",
    "npm": "*package.json",
    "pep621": "*pyproject.toml",
    "pip_requirements": "*requirements.txt",
    "pre-commit": ".pre-commit-config.yaml",
    "terraform": "*.tf",
}
"""Renovate's managers, with the files of this repository that each of them reads."""


def paths() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in tracked()]


def check_schema(schema: str, *files: Path) -> tuple[int, str]:
    program = Path(sys.executable).with_name("check-jsonschema")
    command: list[str | Path] = [program, "--no-cache", "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class TestTemplates:
    @pytest.mark.parametrize("name", ["bug", "feature"])
    def test_of_issues_are_forms(self, name: str) -> None:
        status, output = check_schema("github-issue-forms", TEMPLATES / f"{name}.yml")
        assert status == 0, output

    def test_are_chosen_from_by_a_page_that_fits_its_schema(self) -> None:
        status, output = check_schema("github-issue-config", TEMPLATES / "config.yml")
        assert status == 0, output


class TestWorkflows:
    def test_fit_their_schema(self) -> None:
        status, output = check_schema("github-workflows", *(ROOT / ".github" / "workflows").glob("*.yml"))
        assert status == 0, output


class TestRenovate:
    def test_has_settings_that_fit_its_schema(self) -> None:
        status, output = check_schema("renovate", RENOVATE)
        assert status == 0, output

    def test_is_refused_with_a_setting_there_isn_t(self, tmp_path: Path) -> None:
        wrong = tmp_path / "renovate.json"
        wrong.write_text(json.dumps(json.loads(RENOVATE.read_text()) | {"minimumReleaseAge": 5}))
        assert check_schema("renovate", wrong)[0] == 1

    @pytest.mark.parametrize(("manager", "pattern"), WRITTEN_FOR.items())
    def test_reads_the_files_there_are(self, manager: str, pattern: str) -> None:
        assert manager in json.loads(RENOVATE.read_text())["enabledManagers"]
        assert [path for path in paths() if fnmatch(path, pattern)]

    def test_finds_each_version_its_own_patterns_look_for(self) -> None:
        for manager in json.loads(RENOVATE.read_text())["customManagers"]:
            [files] = [pattern.strip("/") for pattern in manager["managerFilePatterns"]]
            [pattern] = [pattern.replace("(?<", "(?P<") for pattern in manager["matchStrings"]]
            texts = [(ROOT / path).read_text() for path in paths() if re.search(files, path)]
            assert any(re.search(pattern, text) for text in texts), manager["description"]


class TestOwners:
    def lines(self) -> list[list[str]]:
        lines = [line.split() for line in CODEOWNERS.read_text().splitlines()]
        return [line for line in lines if line and not line[0].startswith("#")]

    def test_are_teams(self) -> None:
        for _, *owners in self.lines():
            assert owners
            assert all(re.fullmatch(r"@[\w-]+/[\w-]+", owner) for owner in owners)

    def test_own_what_is_there(self) -> None:
        for pattern, *_ in self.lines():
            fitting = pattern.strip("/") + ("/*" if pattern.endswith("/") else "")
            assert [path for path in paths() if fnmatch(path, fitting)], pattern

    def test_are_there_for_everything(self) -> None:
        assert self.lines()[0][0] == "*"


class TestChangelog:
    def test_has_the_version_of_the_project_on_top(self) -> None:
        from_pyproject = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
        newest = re.search(r"^## \[(\d.*)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)
        assert from_pyproject is not None
        assert newest is not None
        assert from_pyproject[1] == newest[1]


@pytest.mark.parametrize(
    "name", ["CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE", "NOTICE", "SECURITY.md"]
)
def test_what_a_maintainer_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 200
