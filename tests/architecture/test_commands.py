"""Each command in the papers about delivery exists, with its options; marked where it needs an account."""

import re
import subprocess
from pathlib import Path

import pytest
from backup.cli import build_parser as backup_parser

from cluster.cli import build_parser as cluster_parser
from cluster.toolbox import KUBECTL
from delivery import bootstrap
from delivery.access import Access
from delivery.changes import list_suites
from delivery.environments import list_environments, load_environment
from delivery.parser import build_parser as delivery_parser
from delivery.smoke import list_checks
from devstack.paths import ROOT
from devstack.toolbox.helm import HELM
from tests.architecture.commands import Command, commands

PAPERS = [
    ROOT / "docs" / f"{name}.md" for name in ("SETUP", "CICD", "DEPLOYMENT", "TROUBLESHOOTING", "RUNBOOK")
]
KIND = "kind"
"""What platform and monitoring have values for besides: the cluster of nightly.yml."""
NEED_ACCOUNT = {"terraform", "doctl", "gh", "aws", "sops"}
ALL = [(path, command) for path in PAPERS for command in commands(path)]
VERBS = {"apply", "config", "get", "logs", "describe", "create", "delete", "exec", "patch", "rollout"}
OF_A_SUBCOMMAND = {
    "--clusterrole",
    "--serviceaccount",
    "--current",
    "--duration",
    "--flatten",
    "--from-file",
    "--from-literal",
    "--minify",
}
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
        assert given.get("ENV", "staging") in [*list_environments(), KIND]
        assert given.get("SUITE", "charts") in {suite.name for suite in list_suites()}
        steps = bootstrap.Bootstrap(load_environment("staging"), Access("staging")).steps
        assert set(given.get("STEPS", "data").split(",")) <= set(steps)


class TestDelivery:
    @pytest.mark.parametrize("command", of("uv"), ids=str)
    def test_takes_it(self, command: Command) -> None:
        assert command.words[:2] == ["uv", "run"]
        parsers = {"delivery": delivery_parser, "backup": backup_parser, "cluster": cluster_parser}
        assert parsers[command.words[2]]().parse_args(command.words[3:])


class TestHelm:
    @pytest.mark.parametrize("command", of("helm"), ids=str)
    def test_has_its_options(self, command: Command) -> None:
        """Of the Helm we pin, if it has been made."""
        helm = HELM.find()
        if helm is None:
            pytest.skip("helm is not there yet; `make test` makes it")
        verbs = command.words[1 : 3 if command.words[1] == "dependency" else 2]
        output = subprocess.run([helm, *verbs, "--help"], capture_output=True, text=True, check=True).stdout
        assert command.flags <= set(re.findall(r"--[a-z-]+", output))


class TestKubectl:
    @pytest.mark.parametrize("command", of("kubectl"), ids=str)
    def test_has_its_options(self, command: Command) -> None:
        """Of the Kubernetes of `make cluster`, if it has been made."""
        kubectl = KUBECTL.find()
        if kubectl is None:
            pytest.skip("kubectl is not there yet; `make cluster` makes it")
        verb = next(word for word in command.words[1:] if word in VERBS)
        commands = [[str(kubectl), verb, "--help"], [str(kubectl), "options"]]
        output = [
            subprocess.run(each, capture_output=True, text=True, check=True).stdout for each in commands
        ]
        assert command.flags - OF_A_SUBCOMMAND <= set(re.findall(r"--[a-z-]+", "".join(output)))


class TestSteps:
    def test_in_the_paper_are_those_there_are(self) -> None:
        table = re.findall(r"^\| (\w+) \| .+ \| .+ \|$", (ROOT / "docs" / "SETUP.md").read_text(), re.M)
        steps = list(bootstrap.Bootstrap(load_environment("staging"), Access("staging")).steps)
        assert [name for name in table if name in steps] == steps

    @pytest.mark.parametrize("name", ["SETUP", "RUNBOOK"])
    def test_that_bring_up_a_cluster_in_parts_are_all_there_are(self, name: str) -> None:
        """One that is left out stops a later one, which reads what it would have written."""
        found = commands(ROOT / "docs" / f"{name}.md")
        parts = [each for command in found for each in re.findall(r"STEPS=(\S+)", str(command))]
        start = next(number for number, part in enumerate(parts) if part.startswith("terraform,access"))
        steps = bootstrap.Bootstrap(load_environment("staging"), Access("staging")).steps
        assert ",".join(parts[start : start + 2]).split(",") == list(steps)


class TestTroubleshooting:
    """What it quotes is what the programs say."""

    text = (ROOT / "docs" / "TROUBLESHOOTING.md").read_text()

    def test_names_checks_of_the_smoke_test(self) -> None:
        found = re.findall(r"^\| smoke: ([\w ]+),", self.text, re.M)
        assert len(found) >= 4
        assert set(found) <= set(list_checks("https://todo.example.com"))

    def test_names_steps_of_workflows(self) -> None:
        workflows = "".join(path.read_text() for path in (ROOT / ".github" / "workflows").iterdir())
        found = re.findall(r"the step \*([^*]+)\*", self.text)
        assert found
        assert not [name for name in found if f"name: {name}\n" not in workflows]
