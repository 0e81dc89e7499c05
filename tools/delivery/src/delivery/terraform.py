"""Terraform for one environment."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from delivery.environments import Environment
from delivery.infrastructure_values import CHARTS
from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.tool import require_command

FOLDER = ROOT / "terraform"


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """What terraform/ describes, for one environment. Tokens come from the environment variables."""

    environment: Environment

    def init(self) -> None:
        settings = f"environments/{self.environment.name}.s3.tfbackend"
        self._run("init", "-input=false", "-reconfigure", f"-backend-config={settings}")

    def apply(self, gateway_address: str = "") -> None:
        """Bring it about; asks before it does. The address of the gateway is kept if none is given."""
        address = gateway_address or str(self.outputs().get("gateway_address", ""))
        variables = [f"-var-file=environments/{self.environment.name}.tfvars"]
        self._run("apply", *variables, f"-var=gateway_address={address}", quiet=False)

    def outputs(self) -> dict[str, Any]:
        """By name; secrets too, so none of it is ever printed."""
        found = json.loads(self._run("output", "-json"))
        return {name: each["value"] for name, each in found.items()}

    def chart_values(self) -> dict[str, dict[str, Any]]:
        """Helm values by chart; no secrets."""
        outputs = self.outputs()
        return {chart: outputs[f"{chart}_values"] for chart in CHARTS}

    def _run(self, verb: str, *arguments: str, quiet: bool = True) -> str:
        program = require_command("terraform", "Install Terraform 1.11 or newer.")
        command = [program, f"-chdir={FOLDER}", verb, *arguments]
        done = subprocess.run(command, capture_output=quiet, text=True, check=False)
        if done.returncode:
            raise CommandError(f"`terraform {verb}` failed:\n{done.stderr or ''}")
        return done.stdout or ""
