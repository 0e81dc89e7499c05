"""Detects mentions of a day that was not parsed, in any language: a time beside one must not mean today.

Errs towards finding one: a false positive leaves the time in the title, a false negative sets a wrong date.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from task_service.quickadd import english_context as english
from task_service.quickadd.text import MASK

MAX_WORDS = 4
"""Of which a name is made: `the day after tomorrow` in most languages."""
_LONG_NAME = 6
"""From this length on a name counts with another ending, too: Polish `sobota`, `sobotę`.

With accents a letter less will do.
"""
_UNSPACED = re.compile(
    "[\u0590-\u06ff\u0900-\u10ff\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3130-\ud7af\u4e00-\u9fff]"
)
"""Scripts without spaces between words, or that write `on` at the front of the next one."""
_WORD = re.compile(r"[^\W\d_][^\W_]*(?:'[^\W\d_]+)?")
_SHAPES = re.compile(
    r"""(?<![\w./-])(?:
    \d{1,4}([./-])\d{1,2}\1\d{1,4}                              # 30.02.2027, 2027/02/30
    | \d{4}-(?:\d{2}|\d{3}|w\d{1,2}(?:-\d)?)                    # a month, day or week of ISO 8601
    | (?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])    # 20270217
    | (?:0?[1-9]|[12]\d|3[01])[.-](?:0[1-9]|1[0-2])             # 17.02, 17-02
    | \d{1,2}\.\d{1,2}\.                                        # 31.2.
    )(?![0-9])
    | \d\s*[年月日号號년월일]""",
    re.X,
)


@dataclass(frozen=True, slots=True)
class _DateNames:
    """Of days and months. `beside_numbers` are short, or something else in English, too."""

    clear: frozenset[str]
    beside_numbers: frozenset[str]
    before_times: frozenset[str]
    stems: frozenset[str]
    unspaced: tuple[str, ...]


def mentions_date(text: str) -> bool:
    """Whether `text` (folded, without what was read) has something in it that looks like a day."""
    if _SHAPES.search(text) or english.DATE_LIKE.search(text):
        return True
    plain = _strip_accents(text)
    return any(name in text for name in _load_names().unspaced if _UNSPACED.search(text)) or any(
        _begins_with_name(plain, words) for words in _iterate_windows(plain)
    )


def _iterate_windows(text: str) -> Iterator[list[re.Match[str]]]:
    words = list(_WORD.finditer(text))
    for at in range(len(words)):
        yield words[at : at + MAX_WORDS]


def _begins_with_name(text: str, words: list[re.Match[str]]) -> bool:
    """Whether a name begins with the first of `words`."""
    first = words[0][0]
    if _is_typo(first) or first[:-1] in _load_names().stems:
        return True
    for last in words:
        phrase = " ".join(text[words[0].start() : last.end()].split())
        if phrase in _load_names().clear:
            return True
        if phrase in _load_names().beside_numbers and _is_next_to_number(
            text, words[0].start(), last.end(), phrase
        ):
            return True
    return False


def _is_next_to_number(text: str, start: int, end: int, phrase: str) -> bool:
    before = re.search(r"\b\d{1,2}(?:\.|st|nd|rd|th|er|e|º)?[ ./-]{0,2}\Z", text[max(0, start - 8) : start])
    after = re.match(r"\.?[ ./-]{0,2}(\d{1,2})(?![:.]?\d|\s*[ap]\.?m)", text[end : end + 12])
    a_time = re.match(rf"\.?,?\s+{MASK}", text[end : end + 8]) and (
        start or phrase not in english.SENTENCE_STARTS
    )
    return bool(before or after or (a_time and phrase in _load_names().before_times))


def _is_typo(word: str) -> bool:
    """Whether `word` is an English name of a day or month but for a letter or two."""
    if word in english.TYPOS:
        return True
    if not 5 <= len(word) <= 11 or word in english.NOT_TYPOS:
        return False
    characters = set(word)
    return any(
        _is_similar(word, name)
        for name in english.LONG_NAMES
        if abs(len(word) - len(name)) <= 2 and len(set(name) - characters) <= 2
    )


def _is_similar(word: str, name: str) -> bool:
    return word != name and _edit_distance(word, name) <= (1 if len(name) < 7 else 2)


def _edit_distance(one: str, other: str) -> int:
    """The edit distance with transpositions (optimal string alignment, Damerau–Levenshtein restricted)."""
    above, row = list[int](), list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        further, above, row = above, row, [i]
        for j, right in enumerate(other, start=1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                best = min(best, further[j - 2] + 1)
            row.append(best)
    return row[-1]


@cache
def _load_names() -> _DateNames:
    table = files("task_service.quickadd").joinpath("foreign_names.txt").read_text()
    clear, short, words = (
        [line for line in section.splitlines() if line and not line.startswith("#")]
        for section in table.split("\n\n")
    )
    plain = [_strip_accents(name) for name in clear]
    return _DateNames(
        frozenset(plain) | frozenset(clear) | english.NAMES,
        frozenset(map(_strip_accents, short)),
        frozenset(map(_strip_accents, set(short) - set(words))),
        frozenset(_strip_accents(name)[:-1] for name in clear if _is_inflected(name)),
        tuple(name for name in clear if _UNSPACED.match(name) and len(name) > 1),
    )


def _is_inflected(name: str) -> bool:
    return " " not in name and len(name) >= _LONG_NAME - (not name.isascii())


def _strip_accents(text: str) -> str:
    """`text` without accents: people leave them out."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(char for char in apart if not unicodedata.combining(char))
