"""docs/PLAN.md answers each row of the plan once, with tests there are, and claims no more than they show."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "PLAN.md"
STATES = ("run", "checked", "not run", "missing")
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
EXECUTED = re.compile(
    r"(tests/(system|cluster|monitored|browser)|(libs|services|tools)/\w+/tests/integration|loadtest/reports)/"
)
"""Where tests start programs, and what they left behind."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of the page."""

    id: str
    task: str
    how: str
    shown_by: str
    state: str

    @property
    def evidence(self) -> list[tuple[str, Path, str]]:
        """Text, file and anchor of each link to what shows that the row is met."""
        return resolve_links(self.shown_by)


def resolve_links(text: str) -> list[tuple[str, Path, str]]:
    """Text, file and anchor of each link to a file of the repository."""
    found = [(name, *target.partition("#")[::2]) for name, target in LINK.findall(text)]
    return [
        (name, (PAGE.parent / path).resolve() if path else PAGE, anchor)
        for name, path, anchor in found
        if not path.startswith("http")
    ]


def parse_rows(text: str) -> list[Row]:
    lines = re.findall(r"^\| (T\d+) \|(.*)\|$", text, re.M)
    return [Row(id, *(cell.strip() for cell in rest.split(" | "))) for id, rest in lines]


ROWS = parse_rows(PAGE.read_text())


@cache
def list_tests(path: Path) -> set[str]:
    """`function`, `Class` and `Class.method` of a module of tests, or the runs of a test of Terraform."""
    if path.suffix == ".hcl":
        return set(re.findall(r'^run "(\w+)"', path.read_text(), re.M))
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            found |= {node.name, *(f"{node.name}.{each.name}" for each in methods)}
    return {name for name in found if name.rpartition(".")[2].startswith("test_") or name.startswith("Test")}


@cache
def list_anchors(path: Path) -> set[str]:
    """Of the headings of a document, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class TestRows:
    def test_are_those_of_the_plan(self) -> None:
        assert [row.id for row in ROWS] == [f"T{number:03}" for number in range(1, 61)]

    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
    def test_name_tests_there_are(self, row: Row) -> None:
        for name, path, _ in row.evidence:
            if path.suffix in (".py", ".hcl"):
                assert name.strip("`") in list_tests(path), (name, path)

    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
    def test_have_a_state_that_their_evidence_bears_out(self, row: Row) -> None:
        """What was only rendered, linted or tried by units isn't told as run."""
        assert row.state in STATES
        assert row.evidence or row.state == "missing"
        shown = [path.relative_to(ROOT).as_posix() for _, path, _ in row.evidence]
        assert row.state != "run" or any(EXECUTED.match(path) for path in shown), shown

    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
    def test_that_were_not_run_or_are_weak_say_what_is_missing(self, row: Row) -> None:
        notes = re.findall(r"\*\*(\w[\w ]*):\*\*", row.how)
        assert set(notes) <= {"Differs", "Not run", "Weak"}, notes
        assert row.state == "run" or {"Not run", "Weak"} & set(notes) or row.task.startswith("Document")


def test_links_lead_to_files_and_headings() -> None:
    for name, path, anchor in resolve_links(PAGE.read_text()):
        assert path.exists(), name
        assert not anchor or anchor in list_anchors(path), (name, anchor)


class TestReading:
    def test_takes_rows_apart(self) -> None:
        assert parse_rows("| T001 | a | b | c | run |\nT002\n") == [Row("T001", "a", "b", "c", "run")]

    def test_knows_functions_classes_and_methods(self) -> None:
        found = list_tests(Path(__file__))
        assert {"TestRows", "TestRows.test_are_those_of_the_plan"} <= found
        assert "test_links_lead_to_files_and_headings" in found
        assert not {"Row", "parse_rows", "Row.evidence"} & found
