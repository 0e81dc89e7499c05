"""`compose.yaml`, which nobody runs here, is at least what Docker Compose takes."""

import os
import subprocess

from devstack.paths import ROOT
from devstack.toolbox.compose import COMPOSE_CHECK
from devstack.toolbox.ensure import find_tool


def test_compose_file_is_valid() -> None:
    command = [find_tool(COMPOSE_CHECK), ROOT / "compose.yaml"]
    done = subprocess.run(command, env={**os.environ, "REDIS_PASSWORD": "x"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
