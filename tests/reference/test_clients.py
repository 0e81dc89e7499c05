"""Clients that others' programs generate from the OpenAPI document are whole, and their types hold."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.toolbox.api_tools import FOLDER, SETTINGS, node_command
from tools.api_clients import DOCUMENT, generate_python, generate_typescript

IN_TYPESCRIPT = Path(__file__).parent / "journey.ts"
IN_PYTHON = Path(__file__).parent / "journey.py"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clients")
    generate_python(folder / "todo_client")
    generate_typescript(folder / "todo.d.ts")
    return folder


def test_python_has_every_operation(clients: Path) -> None:
    document = json.loads(DOCUMENT.read_text())
    operations = {each["operationId"] for path in document["paths"].values() for each in path.values()}
    modules = {path.stem for path in (clients / "todo_client" / "api").glob("*/*.py")}
    assert operations <= modules


def test_python_has_a_class_for_each_command(clients: Path) -> None:
    commands = json.loads(DOCUMENT.read_text())["components"]["schemas"]["Command"]["discriminator"][
        "mapping"
    ]
    classes = (clients / "todo_client" / "models" / "__init__.py").read_text()
    assert len(commands) == 17
    for kind, schema in commands.items():
        name = schema.rpartition("/")[2]
        assert f"import {name}\n" in classes, kind


def check_python(clients: Path, program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--config-file", str(SETTINGS / "mypy.ini"), "-p", "todo_client"]
    command += ["--cache-dir", str(clients / ".mypy_cache")]
    script = clients / "journey.py"
    script.write_text(program)
    command += ["-m", "journey"]
    return subprocess.run(command, capture_output=True, text=True, cwd=clients)


def test_python_is_typed(clients: Path) -> None:
    found = check_python(clients, IN_PYTHON.read_text())
    assert found.returncode == 0, found.stdout


def test_python_refuses_a_command_with_the_body_of_another(clients: Path) -> None:
    wrong = IN_PYTHON.read_text().replace('body=ProjectCreate(name="Home")', 'body=TaskDraft(title="Home")')
    found = check_python(clients, wrong)
    assert '"CreateProjectCommand" has incompatible type "TaskDraft"' in found.stdout


def compile_typescript(clients: Path, program: str) -> subprocess.CompletedProcess[str]:
    (clients / "journey.ts").write_text(program)
    (clients / "package.json").write_text('{"type": "module"}')
    (clients / "tsconfig.json").write_text((SETTINGS / "tsconfig.json").read_text())
    link = clients / "node_modules"
    if not link.exists():
        link.symlink_to(FOLDER / "node_modules")
    command = node_command("tsc", "--project", clients)
    return subprocess.run(command, capture_output=True, text=True)


def test_typescript_is_typed(clients: Path) -> None:
    found = compile_typescript(clients, IN_TYPESCRIPT.read_text())
    assert found.returncode == 0, found.stdout


def test_typescript_refuses_a_header_that_no_operation_has(clients: Path) -> None:
    wrong = IN_TYPESCRIPT.read_text().replace('"If-Match": ', '"If-Matched": ')
    assert "If-Matched" in compile_typescript(clients, wrong).stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('type: "project.create", temp_id: "home"', 'type: "project.create", id: "home"'),
        ('body: { name: "Home" }', 'body: { title: "Home" }'),
        ('type: "task.create", body', 'type: "task.complete", id: "home", body'),
        ('type: "task.create"', 'type: "task.eat"'),
    ],
)
def test_typescript_refuses_what_a_command_does_not_have(clients: Path, right: str, wrong: str) -> None:
    program = IN_TYPESCRIPT.read_text()
    assert right in program
    assert compile_typescript(clients, program.replace(right, wrong)).returncode != 0
