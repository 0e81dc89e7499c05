"""Text as it is compared: names by what they are, searches by what people type."""

import unicodedata
from functools import lru_cache

_LETTERS = {
    **{"æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ð": "d", "ŋ": "n", "ĸ": "q", "ı": "i", "ȷ": "j"},
    **{
        "ə": "e",
        "ɛ": "e",
        "ɔ": "o",
        "ɑ": "a",
        "ƿ": "w",
        "ꜳ": "aa",
        "ꜵ": "ao",
        "ꜷ": "au",
        "ꜹ": "av",
        "ꜽ": "ay",
    },
    **{"ꜽ": "ay", "ꝏ": "oo", "ᴀ": "a", "ᴁ": "ae", "ᴇ": "e", "ɪ": "i", "ʀ": "r"},
}
"""Latin letters without a decomposition, as CLDR's transform Latin-ASCII writes them."""
_APOSTROPHES = "‘’‚‛′‵‹›´´ʹʻʼʽˈ＇ʾʿ"
_QUOTATION_MARKS = "“”„‟″‶«»〝〞〟ʺ＂"
_SIGNS = {
    **dict.fromkeys(_APOSTROPHES, "'"),
    **dict.fromkeys(_QUOTATION_MARKS, '"'),
    **{"−": "-", "⁃": "-", "⁄": "/", "〜": "~"},
}
_WHOLE = str.maketrans({sign: _SIGNS[sign] for sign in "´´″‶＂＇"})
"""Decompositions of these are two signs, or begin with a space."""
_INVISIBLE = frozenset(
    "\u00ad\u034f\u061c\u180b\u180c\u180d\u180e\u180f\ufeff"
    + "".join(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))))
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Variation selectors, soft hyphens, joiners and signs of direction: of Default_Ignorable_Code_Point."""
_ACCENTS = frozenset({1, 7, *range(10, 36), *range(200, 241)})
"""Canonical combining classes (UAX #44, table 15) of what is left out when people type in a hurry.

Of the others, kana voicing marks (8), viramas (9) and vowel and tone signs (84 to 132) make another letter.
"""
_ALPHABETS = ("LATIN", "GREEK", "CYRILLIC")


def name_key(name: str) -> str:
    """What two names of one thing have in common: a canonical caseless match (Unicode 3.13, D145), in NFC.

    "STRASSE" is "straße", however ß and é are encoded; "resume" and "résumé" are two names.
    """
    if name.isascii():
        return name.lower()
    folded = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", folded)


def search_key(text: str) -> str:
    """`text` as searches compare it: without case, accents, and differences that a keyboard doesn't have.

    Compatibility forms become plain (UAX #15, NFKD) and accents go, also those of letters that have no
    decomposition: "Łódź" is "lodz". Quotation marks, apostrophes and dashes are those of ASCII, emoji have no
    variation selectors. After the draft UTS #30 (accents, dashes, quotation marks) and CLDR's Latin-ASCII.
    """
    if text.isascii():
        return text.lower()
    signs = text.translate(_WHOLE)
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", signs).casefold())
    return unicodedata.normalize("NFC", "".join(map(_plain, apart)))


@lru_cache(maxsize=8192)
def _plain(char: str) -> str:
    """A character of decomposed text as it is searched; empty if it isn't."""
    if char in _INVISIBLE or unicodedata.combining(char) in _ACCENTS:
        return ""
    found = _SIGNS.get(char) or _LETTERS.get(char)
    if found:
        return found
    return "-" if unicodedata.category(char) == "Pd" else _without_stroke(char)


def _without_stroke(character: str) -> str:
    """ł is named LATIN SMALL LETTER L WITH STROKE: what it is with, it is searched without."""
    bare, found, _ = unicodedata.name(character, "").partition(" WITH ")
    alphabet, _, rest = bare.partition(" ")
    if not found or alphabet not in _ALPHABETS or not rest.startswith("SMALL LETTER "):
        return character
    try:
        plain = unicodedata.lookup(bare)
    except KeyError:
        return character
    return search_key(plain)
