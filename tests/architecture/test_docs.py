"""What the documents say is there, is there."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.commands import FENCE
from tests.architecture.sources import ROOT, tracked

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)\)")
ON_GITHUB = "../../actions/"
"""Badges: GitHub resolves them below the address of the repository."""
NAMED_TEST = re.compile(r"`(test_\w+\.py)::(Test\w+)`")
STOP = re.compile(r"\]\(([^)]+\.py)\) `(\w+)`")


def documents() -> list[Path]:
    return [path for path in tracked("*.md") if "reports" not in path.parts]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    links = [
        link for link in LINK.findall(path.read_text()) if not link.startswith(("http", "mailto", ON_GITHUB))
    ]
    assert not [link for link in links if not (path.parent / link).exists()]


def test_stops_of_a_request_exist() -> None:
    path = ROOT / "docs" / "follow-a-request.md"
    stops = STOP.findall(path.read_text())
    assert len(stops) >= 9
    for file, name in stops:
        assert re.search(rf"\b(def|class) {name}\b", (path.parent / file).read_text()), (file, name)


def test_decisions_say_what_enforces_them() -> None:
    for path in (ROOT / "docs" / "decisions").glob("0*.md"):
        text = path.read_text()
        assert "**Status**" in text
        assert "**Enforced by**" in text
        named = re.findall(
            r"`((?:libs|tests|services)/[\w/.]+?)(?:::\w+)?`", text.partition("**Enforced by**")[2]
        )
        assert not [name for name in named if not (ROOT / name).exists()]
        assert path.name in (path.parent / "README.md").read_text()


def test_rules_of_events_name_their_tests() -> None:
    """Each row of the two tables names classes with tests, in the file it says."""
    text = (ROOT / "docs" / "KAFKA.md").read_text()
    rows = re.findall(r"^\| .* \| (`test_\w+\.py::.*) \|$", text, re.M)
    assert re.findall(r"^\| (\d+) \|.*`test_", text, re.M) == [str(number) for number in range(1, 13)]
    assert len(rows) == 12 + 5
    for file, name in NAMED_TEST.findall("".join(rows)):
        assert _tests_of(ROOT / "tests" / "system" / file, name), (file, name)


def test_the_threat_model_names_tests_there_are() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    there = {path.name for path in tracked("*.py")}
    named = re.findall(r"`(test_\w+\.py)`", text)
    assert len(named) >= 25
    assert set(named) <= there
    rows = re.findall(r"^\| .* \|$", text.partition("## Boundaries")[2], re.M)
    assert not [row for row in rows if "`test_" not in row and not row.startswith("| threat |")]


def _tests_of(path: Path, name: str) -> list[str]:
    """The test methods of a class."""
    found = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    methods = next((node.body for node in found if node.name == name), [])
    functions = [node for node in methods if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node.name for node in functions if node.name.startswith("test_")]


def test_verbs_in_documents_are_verbs_of_the_makefile() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for path in documents():
        used = set(re.findall(r"`?make ([a-z][a-z-]*)\b", "\n".join(_code(path.read_text()))))
        assert used <= verbs, path


def _code(text: str) -> list[str]:
    blocks = [block for _, _, block in FENCE.findall(text)]
    return [*blocks, *re.findall(r"`[^`\n]+`", FENCE.sub("", text))]
