"""Programs written with generated clients, in Python and in TypeScript, work on the running system."""

import subprocess
import sys
from pathlib import Path

import pytest

from devstack.paths import ROOT
from devstack.stack import Stack
from devstack.toolbox.api_tools import FOLDER, SETTINGS, find_node, node_command
from tools.api_clients import generate_python, generate_typescript

JOURNEYS = ROOT / "tests" / "reference"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clients")
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "tsconfig.json").write_text((SETTINGS / "tsconfig.json").read_text())
    for journey in ("journey.py", "journey.ts"):
        (folder / journey).write_text((JOURNEYS / journey).read_text())
    return folder


def test_python(healthy: Stack, clients: Path) -> None:
    generate_python(clients / "todo_client")
    done = run([sys.executable, "journey.py", healthy.addresses.edge], clients)
    assert done.stdout == "done\n", done.stderr


def test_typescript(healthy: Stack, clients: Path) -> None:
    generate_typescript(clients / "todo.d.ts")
    compiled = run(node_command("tsc", "--project", clients), clients)
    assert compiled.returncode == 0, compiled.stdout
    done = run([find_node(), "journey.js", healthy.addresses.edge], clients)
    assert done.stdout == "done\n", done.stderr


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)
