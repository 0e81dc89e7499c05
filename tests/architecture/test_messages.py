"""What people read when something is refused is plain English: no turn of phrase of our own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, Module, production

ODD = re.compile(
    r"(?<!there )\b(?:is|are) no (?!longer)\w+"
    r"|\bThere is one of\b|\b(?:lie|lies) (?:below|inside|at most)\b|\bcomes twice\b"
    r"|\bthere is an? [^.]* already\b|\b(?:instant|time) is over\b|\btaken (?:in|over)\b"
    r"|\b(?:broke|breaks) off\b|\banew\b|\bonce more\b|\bthere is no [^.;]*; there are\b|\bcome true\b"
    r"|\bfor good\b|\b(?:is|are|was|were) (?:told|away|over)\b|\bcan't be asked\b|\bgoes? on\b"
    r"|\bno way back\b"
    r"|\bas (?:many|much) [^.;]* as an? \w+ may\b|\bhas a place\b|\bruns already\b",
    re.I,
)
"""As “This is no date”, “The import broke off”, “Choose anew”, “There is a label “x” already”."""
TEMPLATES = sorted((ROOT / "services/frontend/src").rglob("*.html"))
LOGGED = {"debug", "info", "warning", "error", "exception", "critical"}
PRINTED = {"print", "exit", "add_argument", "add_parser", "ArgumentParser"}


def _messages(tree: ast.AST) -> Iterator[str]:
    """Titles of errors, what errors are raised with, and what is logged, printed or the help of a command."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["title"]:
            yield from _texts(node.value)
        elif isinstance(node, ast.Raise) and node.exc:
            yield from _texts(node.exc)
        elif isinstance(node, ast.Call) and _name(node.func) in LOGGED | PRINTED:
            yield from _texts(node)


def _name(function: ast.expr) -> str:
    return str(getattr(function, "attr", getattr(function, "id", "")))


def _texts(node: ast.AST) -> Iterator[str]:
    """String literals; of one with values in it, the text with `…` for each."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for each in ast.iter_child_nodes(node):
            yield from _texts(each)


def odd_messages(text: str) -> list[str]:
    return [message for message in _messages(ast.parse(text)) if ODD.search(message)]


def odd_words_of_a_page(template: str) -> list[str]:
    """What a template shows, and quotes within its expressions: these may be shown as well."""
    shown = re.sub(
        r"{#.*?#}|{%-?\s*(?:import|from|include|extends).*?%}|<script.*?</script>", "", template, flags=re.S
    )
    return [found[0] for found in ODD.finditer(" ".join(re.sub(r"<[^>]*>", " ", shown).split()))]


@pytest.mark.parametrize("module", production("services", "libs", "tools"), ids=lambda module: module.name)
def test_messages_are_plain_english(module: Module) -> None:
    assert not odd_messages(module.text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_pages_are_plain_english(path: Path) -> None:
    assert not odd_words_of_a_page(path.read_text())


@pytest.mark.parametrize(
    "text",
    [
        'raise Invalid("This is no place for a task.")',
        'class A:\n    title = "This would lie below too much"',
        'raise NameTaken(f"There is a label {name} already")',
        'log.warning("an export broke off: %s", error)',
        'parser.add_argument("--at", help="set it anew")',
        'raise CommandError(f"There is no suite {name}; there are {known}.")',
    ],
)
def test_odd_messages_are_found(text: str) -> None:
    assert odd_messages(text)


def test_odd_words_of_a_page_are_found() -> None:
    assert odd_words_of_a_page('<p class="anew">{{ {"failed": "It broke off"}[state] }}</p>') == ["broke off"]
