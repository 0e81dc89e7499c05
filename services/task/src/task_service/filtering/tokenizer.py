"""Lexical analysis: the text of a filter as tokens, each with its offset.

The alternatives of `_TOKEN` are tried in their order, so a date must stand before the number it begins with.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from task_service.filtering.errors import FilterError

MAX_LENGTH = 2000

TokenKind = Literal["text", "date", "number", "shift", "word", "sign", "end"]

_PATTERNS: tuple[tuple[TokenKind, str], ...] = (
    ("text", r'"(?:[^"\\]|\\.)*"'),
    (
        "date",
        r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:[Zz]|[+-]\d{2}:\d{2})?)?(?![\w:])",
    ),
    ("shift", r"[+-]\d+[A-Za-z]*"),
    ("number", r"\d+(?![\w.-])"),
    ("word", r"[^\W\d]\w*"),
    ("sign", r"!=|<=|>=|[=<>~(),]"),
)
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS), re.DOTALL)
_SPACE = re.compile(r"\s*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A lexeme of a filter; words are in lower case, text is without its quotes and escapes."""

    kind: TokenKind
    text: str
    position: int
    raw: str
    """As it was written."""


def tokenize(filter: str) -> Iterator[Token]:
    """The tokens of `filter`, then one of kind `end`, which spares the parser every bounds check.

    Raises `FilterError`.
    """
    if len(filter) > MAX_LENGTH:
        raise FilterError(f"A filter can have at most {MAX_LENGTH} characters.", MAX_LENGTH)
    position = 0
    while True:
        position = _skip_whitespace(filter, position)
        if position == len(filter):
            yield Token("end", "", position, "")
            return
        found = _TOKEN.match(filter, position)
        if found is None:
            raise _unexpected_character(filter, position)
        yield _make_token(found)
        position = found.end()


def _skip_whitespace(filter: str, position: int) -> int:
    found = _SPACE.match(filter, position)
    assert found
    return found.end()


def _make_token(found: re.Match[str]) -> Token:
    kind, shown = found.lastgroup, found[0]
    text = shown
    if kind == "text":
        text = _ESCAPED.sub(r"\1", shown[1:-1])
        if "\x00" in text:
            raise FilterError("The character U+0000 is not allowed.", found.start())
    elif kind == "word":
        text = shown.lower()
    return Token(kind, text, found.start(), shown)  # type: ignore[arg-type]  # the names of the groups


def _unexpected_character(filter: str, position: int) -> FilterError:
    character = filter[position]
    if character == '"':
        return FilterError("The closing quote is missing.", position)
    if character in "'“”„‘’":
        return FilterError('Put text in double quotes, like "home".', position)
    if character in "&|":
        return FilterError("Use the words “and” and “or”.", position)
    if character == "!":
        return FilterError("Use the word “not”, or != for “differs from”.", position)
    if character.isdigit():
        return FilterError("Expected a number, or a date like 2026-12-24.", position)
    return FilterError(f"Unexpected character “{character}”.", position)
