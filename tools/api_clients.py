"""Generates clients of the API from its OpenAPI document: `python -m tools.api_clients .run/clients`.

Python by openapi-python-client (`todo_client`), types for TypeScript by openapi-typescript (`todo.d.ts`),
which openapi-fetch takes. Nothing of it is committed: it follows from the document.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from devstack.toolbox.api_tools import API_TOOLS, SETTINGS, node_command
from devstack.toolbox.ensure import ensure_tools

DOCUMENT = Path(__file__).parents[1] / "services/frontend/src/frontend_service/openapi.json"


def generate_clients(folder: Path) -> None:
    """Write both clients into `folder`. Raises `CalledProcessError`, also for what a generator left out."""
    folder.mkdir(parents=True, exist_ok=True)
    generate_python(folder / "todo_client")
    generate_typescript(folder / "todo.d.ts")


def generate_python(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    program = Path(sys.executable).parent / "openapi-python-client"
    options = ["--meta", "none", "--fail-on-warning", "--config", str(SETTINGS / "python-client.yaml")]
    path = {"PATH": str(program.parent)}  # of ruff, which formats what was generated
    command = [str(program), "generate", "--path", str(DOCUMENT), "--output-path", str(folder), *options]
    subprocess.run(command, check=True, capture_output=True, text=True, env=path)


def generate_typescript(file: Path) -> None:
    command = node_command("openapi-typescript", DOCUMENT, "--output", file, "--default-non-nullable=false")
    subprocess.run(command, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    ensure_tools([API_TOOLS])
    target = Path(sys.argv[1])
    generate_clients(target)
    print(f"Python: {target / 'todo_client'}; TypeScript: {target / 'todo.d.ts'}, for openapi-fetch.")
