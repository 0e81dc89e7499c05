"""The text itself: what in it is never read, and what is left of it as the title.

Offsets count code points of the text as it was given; masking and `casefold_same_length` keep them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MASK = "\ufffc"
"""Replaces each character that was parsed already, or must not be (U+FFFC, object replacement)."""

_DATE = (
    r"[(\[]?(?:[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}|[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}"
    r"|(?:0?[1-9]|[12][0-9]|3[01])\.(?:0?[1-9]|1[0-2])\.[0-9]{2})(?![0-9.][0-9])"
)
_PROTECTED = re.compile(
    r"""
    "[^"]*" | “[^”]*” | „[^“”]*[“”] | «[^»]*» # quoted
    | (?<!\S)\S*://\S* | (?<!\S)www\.\S+             # URLs
    | (?<!\S)[^\s@]+@[^\s@]+\.\S+             # e-mail addresses
    | (?<!\S)v[0-9]+(?:\.[0-9]+)*(?!\w)       # versions: v2, v1.2
    | (?<!\S)(?!{date})\S*[0-9]\.[0-9]+\.[0-9]\S*   # 1.2.3, addresses of computers
    """.replace("{date}", _DATE),
    re.X | re.I,
)
_QUOTED = re.compile(r'\s*(?:"([^"]*)"|“([^”]*)”)\s*')
_LEFT_BEHIND = re.compile(r"\(\s*\)|\[\s*\]")
_LOOSE = re.compile(r"\s+([,;.!?)\]])(?=\s|$)")
_LOOSE_END = re.compile(r"[\s,;:–—-]+([.!?]*)$")
_EDGE = " \t\n\r,;:–—-"


@dataclass(frozen=True, slots=True, order=True)
class TextSpan:
    """A parsed part of the text, from `start` to `end` (exclusive)."""

    start: int
    end: int
    kind: str


def unquote(text: str) -> str | None:
    """The content of a text that is wholly in quotation marks; None for any other."""
    match = _QUOTED.fullmatch(text)
    return (match[1] if match[1] is not None else match[2]) if match else None


def casefold_same_length(text: str) -> str:
    """Case-folded, but for a code point that would become several (`ß` → `ss`): offsets stay valid."""
    folded = (char.casefold() for char in text.replace("’", "'"))
    return "".join(low if len(low) == 1 else char for low, char in zip(folded, text, strict=True))


def mask_protected(text: str) -> str:
    """`text` with quotes, URLs, addresses and versions masked: nothing in them is parsed."""
    return _PROTECTED.sub(lambda found: MASK * len(found[0]), text)


def mask_matches(unread: re.Pattern[str] | None, text: str) -> str:
    """`text` with the matches of `unread` masked."""
    return unread.sub(lambda found: MASK * len(found[0]), text) if unread else text


def mask_spans(text: str, spans: Iterable[TextSpan]) -> str:
    """`text` with `spans` masked."""
    for span in spans:
        text = text[: span.start] + MASK * (span.end - span.start) + text[span.end :]
    return text


def extract_title(text: str, spans: Sequence[TextSpan]) -> str:
    """The title: `text` without `spans`, and without the commas and spaces they leave at its edges."""
    kept, at = [], 0
    for span in sorted(spans):
        kept.append(text[at : span.start])
        at = span.end
    kept.append(text[at:])
    if not spans:
        return " ".join(text.split())
    whole = " ".join(_LEFT_BEHIND.sub(" ", " ".join(kept)).split())
    whole = _LOOSE.sub(r"\1", _LOOSE_END.sub(r"\1", whole)).strip(_EDGE)
    return whole if whole.strip(_EDGE + ".!?") else ""
