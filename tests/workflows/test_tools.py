"""What other people's tools find in the workflows."""

import subprocess
import sys
from pathlib import Path

from delivery.toolbox import ACTIONLINT
from devstack.paths import ROOT
from devstack.toolbox.ensure import find_tool
from tests.workflows.definitions import NAMES, WORKFLOWS, file


def actionlint(*files: Path) -> tuple[int, str]:
    return run([find_tool(ACTIONLINT), *files])


def zizmor(*files: Path) -> tuple[int, str]:
    program = Path(sys.executable).with_name("zizmor")
    return run([program, "--offline", "--persona=pedantic", "--no-progress", "--quiet", *files])


def run(command: list[str | Path]) -> tuple[int, str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class TestActionlint:
    def test_finds_nothing(self) -> None:
        assert actionlint(*map(file, NAMES)) == (0, "")

    def test_finds_an_input_there_isn_t(self, tmp_path: Path) -> None:
        wrong = tmp_path / "deploy.yml"
        wrong.write_text(file("deploy").read_text().replace("inputs.revision", "inputs.revison"))
        assert "revison" in actionlint(wrong)[1]


class TestZizmor:
    def test_finds_nothing(self) -> None:
        status, output = zizmor(WORKFLOWS)
        assert (status, "No findings to report" in output) == (0, True), output

    def test_finds_an_injection(self, tmp_path: Path) -> None:
        wrong = tmp_path / ".github" / "workflows" / "rollback.yml"
        wrong.parent.mkdir(parents=True)
        wrong.write_text(file("rollback").read_text().replace('"$TO"', '"${{ inputs.to }}"'))
        status, output = zizmor(wrong)
        assert status > 0
        assert "template-injection" in output
