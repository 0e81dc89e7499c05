"""Each command in the papers about delivery exists, with its options; marked where it needs an account."""

import re
import subprocess
from pathlib import Path

import pytest
from backup.cli import build_parser as backup_parser

from cluster.toolbox import KUBECTL
from delivery import bootstrap, cli
from delivery.access import Access
from delivery.changes import list_suites
from delivery.environments import list_environments, load_environment
from devstack.paths import ROOT
from devstack.toolbox.helm import HELM
from tests.architecture.commands import Command, commands

PAPERS = [
    ROOT / "docs" / f"{name}.md" for name in ("SETUP", "CICD", "DEPLOYMENT", "TROUBLESHOOTING", "RUNBOOK")
]
NEED_ACCOUNT = {"terraform", "doctl", "gh", "aws"}
ALL = [(path, command) for path in PAPERS for command in commands(path)]
VERBS = {"get", "logs", "describe", "create", "delete", "exec", "patch", "rollout"}
OF_A_SUBCOMMAND = {"--duration", "--from-file", "--from-literal"}
MAKEFILE = (ROOT / "Makefile").read_text()


def of(*programs: str) -> list[Command]:
    return [command for _, command in ALL if command.program in programs]


def title(value: object) -> str:
    return value.stem if isinstance(value, Path) else str(value)


class TestCommand:
    @pytest.mark.parametrize(("path", "command"), ALL, ids=title)
    def test_is_of_a_program_that_is_looked_at(self, path: Path, command: Command) -> None:
        assert command.program in {*NEED_ACCOUNT, "make", "helm", "kubectl", "uv"}
        assert command.needs_account or command.program not in NEED_ACCOUNT

    @pytest.mark.parametrize(("path", "command"), ALL, ids=title)
    def test_names_files_there_are(self, path: Path, command: Command) -> None:
        """Below folders of this repository; a variable's value counts as well."""
        for word in command.words:
            name = word.rpartition("=")[2]
            if re.match(r"(charts|terraform|docs|kafka|dapr)/", name):
                assert (ROOT / name).exists(), name


class TestMake:
    @pytest.mark.parametrize("command", of("make"), ids=str)
    def test_has_its_verbs_and_variables(self, command: Command) -> None:
        verbs = [word for word in command.words[1:] if "=" not in word]
        given = dict(word.split("=") for word in command.words[1:] if "=" in word)
        assert set(verbs) <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))
        assert all(f"$({name})" in MAKEFILE for name in given)
        assert given.get("ENV", "staging") in list_environments()
        assert given.get("SUITE", "charts") in {suite.name for suite in list_suites()}
        steps = bootstrap.Bootstrap(load_environment("staging"), Access("staging")).steps
        assert set(given.get("STEPS", "data").split(",")) <= set(steps)


class TestDelivery:
    @pytest.mark.parametrize("command", of("uv"), ids=str)
    def test_takes_it(self, command: Command) -> None:
        assert command.words[:2] == ["uv", "run"]
        parsers = {"delivery": cli.build_parser, "backup": backup_parser}
        assert parsers[command.words[2]]().parse_args(command.words[3:])


class TestHelm:
    @pytest.mark.parametrize("command", of("helm"), ids=str)
    def test_has_its_options(self, command: Command) -> None:
        """Of the Helm we pin, if it has been made."""
        helm = HELM.find()
        if helm is None:
            pytest.skip("helm is not there yet; `make test` makes it")
        verbs = command.words[1 : 3 if command.words[1] == "dependency" else 2]
        told = subprocess.run([helm, *verbs, "--help"], capture_output=True, text=True, check=True).stdout
        assert command.flags <= set(re.findall(r"--[a-z-]+", told))


class TestKubectl:
    @pytest.mark.parametrize("command", of("kubectl"), ids=str)
    def test_has_its_options(self, command: Command) -> None:
        """Of the Kubernetes of `make cluster`, if it has been made."""
        kubectl = KUBECTL.find()
        if kubectl is None:
            pytest.skip("kubectl is not there yet; `make cluster` makes it")
        verb = next(word for word in command.words[1:] if word in VERBS)
        asked = [[str(kubectl), verb, "--help"], [str(kubectl), "options"]]
        told = [subprocess.run(each, capture_output=True, text=True, check=True).stdout for each in asked]
        assert command.flags - OF_A_SUBCOMMAND <= set(re.findall(r"--[a-z-]+", "".join(told)))


class TestSteps:
    def test_in_the_paper_are_those_there_are(self) -> None:
        table = re.findall(r"^\| (\w+) \| .+ \| .+ \|$", (ROOT / "docs" / "SETUP.md").read_text(), re.M)
        steps = list(bootstrap.Bootstrap(load_environment("staging"), Access("staging")).steps)
        assert [name for name in table if name in steps] == steps
