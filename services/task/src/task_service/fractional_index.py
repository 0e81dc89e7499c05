"""Manual order: positions are strings, and between two of them there is always another.

They compare by their bytes (digits, capitals, small letters), so that nothing is ever renumbered. A new
thing goes behind all others: its position is its UUIDv7, which grows with time. What is moved to an end
needs no longer string either; only what is put between two neighbours again and again makes one grow,
by a letter for about six moves into the very same gap.
"""

from servicekit.uuids import new_id

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LOWER_HEX = "0123456789abcdef"
_DOWNWARDS = str.maketrans(_LOWER_HEX, _LOWER_HEX[::-1])
_IN_FRONT = "00"


def last_of_all() -> str:
    """A position after every one there is."""
    return new_id().replace("-", "") + "V"


def first_of_all() -> str:
    """A position before every one that was there: time counted downwards, before all UUIDv7."""
    return _IN_FRONT + new_id().replace("-", "").translate(_DOWNWARDS) + "V"


def between(low: str, high: str | None) -> str:
    """A position after `low` and before `high`; None is no limit. Raises `ValueError` if there is none."""
    if high is not None and low >= high:
        raise ValueError(f"nothing lies between {low!r} and {high!r}")
    made = ""
    while True:
        below = DIGITS.index(low[len(made)]) if len(made) < len(low) else 0
        above = len(DIGITS) if high is None else _digit(high, len(made))
        if above - below > 1:
            return made + DIGITS[(below + above) // 2]
        if above > below:
            high = None
        made += DIGITS[below]


def _digit(position: str, place: int) -> int:
    if place >= len(position):
        raise ValueError(f"{position!r} ends in a zero, so nothing lies right before it")
    return DIGITS.index(position[place])
