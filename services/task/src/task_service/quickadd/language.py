"""The templates of quick add: a language is word classes with values, and phrases made of them.

A template is a regular expression in which a space stands for any white space, ` ?` for some or none,
and `<slot:words>` for one of those words; `<words>` alone has the slot's name too, `<words+>` is a list
of them, and what is in the slot `_` means nothing. Where a phrase counts depends on how easily it is
something else: see `Placement`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

PhraseKind = Literal["date", "time", "recurrence", "reminder", "limit", "ignored", "ambiguous"]
"""`limit` ends a recurrence; `ignored` only looks like one of them and stays in the title.

So does `ambiguous`, which mentions a day that is not parsed: a time beside it is not one of today.
"""


class Placement(Enum):
    """Where a phrase counts."""

    ANYWHERE = "anywhere"
    AT_THE_END = "at the end"
    """Where nothing but other phrases follows, or right beside one that counts: `sun` for Sunday."""
    BESIDE = "beside"
    """Right beside a date or recurrence only: `morning`."""


@dataclass(frozen=True, slots=True)
class Words:
    """A word class: words with their values; `digits` is the pattern of numbers that belong to it.

    is_text: what is written is the value, digits or not.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    digits: str = ""
    is_text: bool = False

    @property
    def pattern(self) -> str:
        written = [_allow_whitespace(re.escape(word)) for word in sorted(self.values, key=len, reverse=True)]
        return "|".join([*([_allow_whitespace(self.digits)] if self.digits else []), *written])

    def value(self, word: str) -> Any:
        known = self.values.get(" ".join(word.split()))
        if known is not None:
            return known
        number = None if self.is_text else re.search("[0-9]+", word)
        return int(number[0]) if number else word


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say something.

    resolver: `x` for the function `resolve_x` in `date_resolvers` or `recurrence_resolvers`, which is called
        with the values of the slots.
    then: kinds of phrases that follow at once, as in `until` + date; with `?` they may be missing.
    """

    kind: PhraseKind
    resolver: str
    template: str
    placement: Placement = Placement.ANYWHERE
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Language:
    """Vocabulary and phrases. `separator` stands between the members of a list."""

    words: Mapping[str, Words]
    phrases: Sequence[Phrase]
    separator: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A phrase compiled to a regular expression with a named group for each slot."""

    phrase: Phrase
    regex: re.Pattern[str]
    slots: Mapping[str, tuple[Words, re.Pattern[str] | None]]
    """Words of each slot and, for a list, what finds its members."""

    def values(self, match: re.Match[str]) -> dict[str, Any]:
        return {
            name: _read_slot(match[name], words, members)
            for name, (words, members) in self.slots.items()
            if match[name] is not None and name != "_"
        }


def compile_phrases(language: Language) -> list[Pattern]:
    """The phrases of `language`, in its order."""
    return [_compile_phrase(phrase, language) for phrase in language.phrases]


_SLOT = re.compile(r"<(?:(\w+):)?(\w+)(\+?)>")
_BEFORE = r"(?<![^\s(\[{,;:–—])"
_BEHIND = r"(?=[.,;:!?)\]}…]*(?:\s|$))"
"""What a phrase stands between: white space, brackets, punctuation; never half of a word."""


def _compile_phrase(phrase: Phrase, language: Language) -> Pattern:
    slots: dict[str, tuple[Words, re.Pattern[str] | None]] = {}

    def fill(slot: re.Match[str]) -> str:
        name, words = slot[1] or slot[2], language.words[slot[2]]
        one = f"(?:{words.pattern})"
        slots[name] = (words, re.compile(one) if slot[3] else None)
        several = f"{one}(?:{language.separator}{one})*" if slot[3] else one
        return f"(?P<{name}>{several})"

    return Pattern(
        phrase,
        re.compile(_BEFORE + _SLOT.sub(fill, _allow_whitespace(phrase.template)) + _BEHIND),
        slots,
    )


def _allow_whitespace(template: str) -> str:
    return template.replace("\\ ", " ").replace(" ?", r"\s*").replace(" ", r"\s+")


def _read_slot(text: str, words: Words, members: re.Pattern[str] | None) -> Any:
    if members is None:
        return words.value(text)
    return [words.value(found[0]) for found in members.finditer(text)]
