"""`compose.yaml`, which nobody runs here, is at least what Docker Compose takes."""

import os
import subprocess

from devstack.places import ROOT
from devstack.toolbox.compose import COMPOSE_CHECK
from devstack.toolbox.ensure import path_of


def test_compose_file_is_valid() -> None:
    command = [path_of(COMPOSE_CHECK), ROOT / "compose.yaml"]
    done = subprocess.run(command, env={**os.environ, "REDIS_PASSWORD": "x"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
