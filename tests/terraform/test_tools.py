"""What other people's tools find in terraform/."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from delivery.toolbox import TFLINT
from devstack.paths import ROOT
from devstack.toolbox.ensure import find_tool
from tests.terraform.configuration import MODULES, TERRAFORM

CHECKOV = "checkov==3.3.30"
TFLINT_SETTINGS = f"--config={TERRAFORM / '.tflint.hcl'}"
INSTALL_SECONDS = 600


def run(command: list[str | Path], folder: Path = ROOT) -> tuple[int, str]:
    """Exit code and what was printed. Settings of the machine don't count."""
    env = {**os.environ, "NO_COLOR": "1", "TF_CLI_CONFIG_FILE": os.devnull}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def checkov(folder: Path) -> tuple[int, str]:
    """Checkov wants versions of what we use ourselves, so it lives in an environment of its own."""
    uv = subprocess.run([ROOT / "tools" / "uv"], capture_output=True, text=True, check=True).stdout.strip()
    how = ["--framework", "terraform", "--quiet", "--compact", "--skip-download"]
    return run([uv, "tool", "run", "--quiet", CHECKOV, "--directory", folder, *how])


class TestFormat:
    @pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH")
    def test_is_terraform_s_own(self) -> None:
        assert run(["terraform", "fmt", "-check", "-recursive", "-diff", TERRAFORM]) == (0, "")


class TestTflint:
    @pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
    def test_finds_nothing(self, module: Path) -> None:
        assert run([find_tool(TFLINT), TFLINT_SETTINGS], module) == (0, "")

    def test_finds_a_variable_without_a_type(self, tmp_path: Path) -> None:
        (tmp_path / "main.tf").write_text('variable "a" {\n  default = "x"\n}\n')
        status, output = run([find_tool(TFLINT), TFLINT_SETTINGS], tmp_path)
        assert status == 2
        assert "terraform_typed_variables" in output


@pytest.mark.timeout(INSTALL_SECONDS)
class TestCheckov:
    def test_finds_nothing(self) -> None:
        status, output = checkov(TERRAFORM)
        assert (status, "Skipped checks: 0" in output) == (0, True), output

    def test_finds_a_public_bucket(self, tmp_path: Path) -> None:
        bucket = 'name = "x"\n  region = "fra1"\n  acl = "public-read"'
        (tmp_path / "main.tf").write_text(f'resource "digitalocean_spaces_bucket" "x" {{\n  {bucket}\n}}\n')
        status, output = checkov(tmp_path)
        assert status == 1
        assert "CKV_DIO_3" in output
