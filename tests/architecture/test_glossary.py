"""The glossary names what is there, and the words it replaces are no names in the code."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pygments.lexers.javascript import JavascriptLexer
from pygments.token import Name

from tests.architecture.sources import ROOT, modules, tracked

PAGE = ROOT / "docs" / "glossary.md"
TERM_ROW = re.compile(r"^\| ([^|`]+) \| [^|]+ \| ((?:\[[^|]+)) \|$", re.M)
WORD_ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| ((?:`\w+`(?:, )?)+) \|$", re.M)
LINK = re.compile(r"\]\(([^)#]+)\)")
KEPT = {
    ("answer", "libs/servicekit/src/servicekit/web/idempotency.py"): "a column of the table `idempotency`",
    ("callers", "services/task/tests/integration/test_write_path.py"): "of a package, in a call graph",
    ("callers", "tests/charts/test_talks.py"): "of a service, in Dapr's access control",
}
"""Old words that stay in a file, and why: on the wire, in a table, or standard in what the file is about."""


def _terms() -> Iterator[tuple[str, str]]:
    """Each term, with the links of its row."""
    for terms, links in TERM_ROW.findall(PAGE.read_text()):
        yield from ((term, links) for term in re.sub(r" \([^)]*\)", "", terms).split(", "))


def _rows() -> list[tuple[list[str], list[str]]]:
    """Old and new names of each row of the last table."""
    return [
        (re.findall(r"\w+", old), re.findall(r"\w+", new)) for old, new in WORD_ROW.findall(PAGE.read_text())
    ]


def has_term(term: str, text: str) -> bool:
    """Whether `text` has the term, as prose or in a name: retry budget, `RetryBudget`, `retry_budgets`."""
    return bool(re.search(rf"\b{re.escape(_as_words(term))}s?\b", _as_words(text)))


def _as_words(text: str) -> str:
    return re.sub(r"[-_\s]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).lower()


def names_bound(text: str) -> Iterator[str]:
    """Names of classes and functions, and of arguments, variables and attributes where they get a value."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name.strip("_")
            case (
                ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
            ):
                yield name.strip("_")


def names_in_script(text: str) -> Iterator[str]:
    """Names of a JavaScript file, in snake case; properties that are read or set are left out."""
    previous = ""
    for kind, value in JavascriptLexer().get_tokens(text):
        if kind in Name and previous not in (".", "?."):
            yield value if value[0].isupper() else re.sub(r"(?=[A-Z])", "_", value).lower().strip("_")
        previous = value


@cache
def _bound() -> dict[str, set[str]]:
    """Name → files that bind it, tests and scripts included; a module's name is one of its names."""
    found = defaultdict[str, set[str]](set)
    for module in modules():
        parts = {part for part in Path(module.name).parts[:-1] if part.isidentifier()}
        for name in {module.path.stem.strip("_"), *names_bound(module.text), *parts}:
            found[name].add(module.name)
    for path in tracked("*.js", "*.ts"):
        for name in names_in_script(path.read_text()):
            found[name].add(str(path.relative_to(ROOT)))
    return found


@pytest.mark.parametrize(("term", "links"), [*_terms()], ids=[term for term, _ in _terms()])
def test_terms_are_where_the_glossary_says(term: str, links: str) -> None:
    files = [PAGE.parent / link for link in LINK.findall(links)]
    assert files, "a row names a file"
    assert any(has_term(term, f"{path.stem}\n{path.read_text()}") for path in files)


def test_every_row_of_the_glossary_is_read() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    unread = [row for row in rows if not (TERM_ROW.match(row) or WORD_ROW.match(row))]
    assert set(unread) == {"| term | here | where |", "| not | but |"}


@pytest.mark.parametrize("word", [word for old, _ in _rows() for word in old])
def test_no_name_is_a_word_of_our_own(word: str) -> None:
    assert _bound().get(word, set()) == {path for kept, path in KEPT if kept == word}


@pytest.mark.parametrize("name", [name for _, new in _rows() for name in new])
def test_names_to_use_instead_exist(name: str) -> None:
    assert _bound().get(name.strip("_"))


class TestNamesBound:
    def test_are_those_of_classes_functions_arguments_and_variables(self) -> None:
        text = "class _A:\n    async def f(self, a, *, b=c): self.d = e = g\n"
        assert Counter(names_bound(text)) == Counter(("A", "f", "self", "a", "b", "d", "e"))


class TestNamesInScript:
    def test_are_those_of_variables_functions_and_parameters(self) -> None:
        text = "function f({ a, boundTo }) { return `said ${g(...b)}` + c.asked + c?.said + 'told'; } // told"
        assert {*names_in_script(text)} == {"f", "a", "bound_to", "g", "b", "c"}


class TestTerm:
    @pytest.mark.parametrize("text", ["a retry\nbudget", "RetryBudget", "retry_budget", "retry-budgets"])
    def test_has_term_in_prose_and_identifiers(self, text: str) -> None:
        assert has_term("retry budget", text)

    @pytest.mark.parametrize("text", ["retry", "slot", "purpose", "a slow answer"])
    def test_is_not_found_in_parts_of_words(self, text: str) -> None:
        assert not any(has_term(term, text) for term in ("SLO", "RPO", "retry budget"))
