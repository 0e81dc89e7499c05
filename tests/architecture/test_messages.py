"""What people read when something is refused is plain English: no turn of phrase of our own."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import Module, production

ODD = re.compile(
    r"(?<!there )\b(?:is|are) no (?!longer)\w+"
    r"|\bThere is one of\b|\b(?:lie|lies) (?:below|inside|at most)\b|\bcomes twice\b"
    r"|\bthere is an? [^.]* already\b|\b(?:instant|time) is over\b|\btaken (?:in|over)\b",
    re.I,
)
"""As “This is no date”, “Tasks lie at most 10 levels deep”, “There is a label “x” already”."""


def _messages(tree: ast.AST) -> Iterator[str]:
    """Titles of errors, and the text that errors are raised or made with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["title"]:
            yield from _texts(node.value)
        elif isinstance(node, ast.Raise) and node.exc:
            yield from _texts(node.exc)


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


@pytest.mark.parametrize("module", production("services", "libs"), ids=lambda module: module.name)
def test_messages_are_plain_english(module: Module) -> None:
    assert not odd_messages(module.text)


@pytest.mark.parametrize(
    "text",
    [
        'raise Invalid("This is no place for a task.")',
        'class A:\n    title = "This would lie below too much"',
        'raise NameTaken(f"There is a label {name} already")',
    ],
)
def test_odd_messages_are_found(text: str) -> None:
    assert odd_messages(text)
