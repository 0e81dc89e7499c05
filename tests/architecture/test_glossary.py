"""The glossary names what is there, and the words it replaces are no names in the code."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, production

PAGE = ROOT / "docs" / "glossary.md"
TERM_ROW = re.compile(r"^\| ([^|`]+) \| [^|]+ \| ((?:\[[^|]+)) \|$", re.M)
WORD_ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| ((?:`\w+`(?:, )?)+) \|$", re.M)
LINK = re.compile(r"\]\(([^)#]+)\)")
REMAINING = {
    "Answer": 1, "Asked": 1, "answer": 48, "asked": 41, "behind": 13, "bound_to": 20,
    "demanded": 1,
    "effects": 1, "lane": 12, "letter": 16, "letters": 2, "meanings": 1, "said": 62, "settle": 2, "sought": 1,
    "told": 59, "under_way": 3, "understood": 1, "wanted": 44,
}  # fmt: skip
"""How often an old word is still bound. A number may only be lowered; a word at 0 is taken out."""


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


@cache
def _bound() -> Counter[str]:
    """How often each name is bound in the services, libraries and tools; a module's name counts once."""
    found = Counter[str]()
    for module in production("services", "libs", "tools"):
        found.update([module.path.stem.strip("_"), *names_bound(module.text)])
        found.update({part for part in Path(module.name).parts[:-1] if part.isidentifier()})
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
    assert _bound()[word] <= REMAINING.get(word, 0)


@pytest.mark.parametrize("name", [name for _, new in _rows() for name in new])
def test_names_to_use_instead_exist(name: str) -> None:
    assert _bound()[name.strip("_")]


def test_words_that_remain_are_words_of_the_glossary() -> None:
    assert set(REMAINING) <= {word for old, _ in _rows() for word in old}


class TestNamesBound:
    def test_are_those_of_classes_functions_arguments_and_variables(self) -> None:
        text = "class _A:\n    async def f(self, a, *, b=c): self.d = e = g\n"
        assert Counter(names_bound(text)) == Counter(("A", "f", "self", "a", "b", "d", "e"))


class TestTerm:
    @pytest.mark.parametrize("text", ["a retry\nbudget", "RetryBudget", "retry_budget", "retry-budgets"])
    def test_has_term_in_prose_and_identifiers(self, text: str) -> None:
        assert has_term("retry budget", text)

    @pytest.mark.parametrize("text", ["retry", "slot", "purpose", "a slow answer"])
    def test_is_not_found_in_parts_of_words(self, text: str) -> None:
        assert not any(has_term(term, text) for term in ("SLO", "RPO", "retry budget"))
