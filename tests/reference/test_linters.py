"""What others say of the OpenAPI document: Spectral and Redocly find nothing in it."""

import json
import subprocess
from pathlib import Path

from devstack.toolbox.api_tools import SETTINGS, node_command
from tools.api_clients import DOCUMENT


def run_spectral(document: Path) -> subprocess.CompletedProcess[str]:
    options = ["--ruleset", str(SETTINGS / "spectral.yaml"), "--fail-severity", "hint", "--quiet"]
    command = node_command("spectral", "lint", document, *options)
    return subprocess.run(command, capture_output=True, text=True)


def run_redocly(document: Path) -> subprocess.CompletedProcess[str]:
    command = node_command("redocly", "lint", document, "--config", SETTINGS / "redocly.yaml")
    return subprocess.run(command, capture_output=True, text=True)


def break_document(folder: Path) -> Path:
    """The document with an operation that nothing is said of, which refers to a schema that isn't there."""
    document = json.loads(DOCUMENT.read_text())
    operation = document["paths"]["/tasks/{id}"]["patch"]
    del operation["description"], operation["summary"]
    operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] = (
        "#/components/schemas/Gone"
    )
    broken = folder / "openapi.json"
    broken.write_text(json.dumps(document))
    return broken


class TestSpectral:
    def test_finds_nothing(self) -> None:
        found = run_spectral(DOCUMENT)
        assert found.returncode == 0, found.stdout

    def test_finds_what_is_broken(self, tmp_path: Path) -> None:
        found = run_spectral(break_document(tmp_path))
        assert "operation-description" in found.stdout
        assert "invalid-ref" in found.stdout


class TestRedocly:
    def test_finds_nothing(self) -> None:
        found = run_redocly(DOCUMENT)
        assert found.returncode == 0, found.stdout + found.stderr

    def test_finds_what_is_broken(self, tmp_path: Path) -> None:
        found = run_redocly(break_document(tmp_path))
        assert found.returncode == 1
        assert "operation-summary" in found.stdout + found.stderr
        assert "no-unresolved-refs" in found.stdout + found.stderr
