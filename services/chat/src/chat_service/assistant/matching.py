"""Which task somebody means: a number of the list just shown, or words of the title.

A change is made at once only where `Match.is_sure`; what merely looks like it is asked about first.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from chat_service.assistant.quoting import is_quoted, unquote
from contracts.api.tasks import TaskRead
from contracts.folding import name_key, search_key

_NUMBER = re.compile(r"(?:no\.? ?|number |#)?(\d{1,3})", re.I)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_STOPWORDS = frozenset({"a", "an", "and", "at", "for", "from", "in", "my", "of", "off", "on", "our"}) | {
    "the",
    "to",
    "with",
    "your",
}


@dataclass(frozen=True, slots=True)
class Match:
    """Tasks that a target may mean, most alike only; more than one is ambiguous."""

    tasks: list[TaskRead]
    is_exact: bool = False
    """By its number in the list, or by its whole title."""
    is_close: bool = False
    """By at least half of the words of the title."""


def match_tasks(target: str, tasks: Sequence[TaskRead], shown: Sequence[str]) -> Match:
    """What `target` may mean among `tasks`; `shown` are the ids of the list shown last.

    In quotes only the whole title counts. Words count as a whole: "all" is no part of "call".
    """
    numbered = _find_by_number(target, tasks, shown)
    if numbered:
        return Match([numbered], is_exact=True)
    unquoted = unquote(target)
    whole = [task for task in tasks if _is_same_title(task["title"], unquoted)]
    if whole or is_quoted(target):
        return Match(whole, is_exact=bool(whole))
    words = _content_words(normalize_words(unquoted))
    found = [(_content_words(normalize_words(task["title"])), task) for task in tasks] if words else []
    alike = [task for title, task in found if title == words]
    if alike:
        return Match(alike, is_exact=True)
    found = [(title, task) for title, task in found if words < title]
    close = len(found) == 1 and 2 * len(words) >= len(found[0][0])
    return Match([task for _, task in found], is_close=close)


def normalize_words(text: str) -> str:
    """Case, accents and punctuation aside."""
    signs = (
        char if char.isalnum() or unicodedata.category(char)[0] == "M" else " " for char in search_key(text)
    )
    return " ".join("".join(signs).split())


def _is_same_title(title: str, other: str) -> bool:
    return name_key(title) == name_key(other)


def _content_words(normalized: str) -> frozenset[str]:
    """The words that tell titles apart; all of them where there are no others."""
    words = frozenset(normalized.split())
    return words - _STOPWORDS or words


def _find_by_number(target: str, tasks: Sequence[TaskRead], shown: Sequence[str]) -> TaskRead | None:
    position = _parse_position(target)
    if position is None or not 0 < position <= len(shown):
        return None
    return next((task for task in tasks if task["id"] == shown[position - 1]), None)


def _parse_position(target: str) -> int | None:
    numbered = _NUMBER.fullmatch(target.strip())
    if numbered:
        return int(numbered[1])
    return _ORDINALS.get(target.lower().removeprefix("the ").removesuffix(" one"))
