"""Text as it is compared: without accents and without case, the same on every database."""

import unicodedata


def fold(text: str) -> str:
    """`text` for comparing: compatibility forms joined, marks dropped, case folded (Unicode, section 3.13).

    "Crème BRÛLÉE" and "creme brulee" are one; what has no plain letter below the mark (ø, ł) stays.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return unicodedata.normalize("NFKC", plain).casefold()


def contains(text: str) -> str:
    """The LIKE pattern, with `\\` as its escape, of what contains `text`."""
    escaped = fold(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
