"""Which task somebody means: a number of the list just shown, or words of the title."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

Task = dict[str, Any]

_NUMBER = re.compile(r"^(?:no\.? ?|number |#)?(\d{1,3})$", re.I)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}


def candidates(target: str, tasks: Sequence[Task], shown: Sequence[str]) -> list[Task]:
    """The tasks that `target` may mean, best way of matching only; more than one is ambiguous."""
    by_id = {task["id"]: task for task in tasks}
    position = _position(target)
    if position is not None and 0 < position <= len(shown) and shown[position - 1] in by_id:
        return [by_id[shown[position - 1]]]
    wanted = fold(target)
    for matches in (_is, _starts, _contains, _has_words):
        found = [task for task in tasks if matches(fold(task["title"]), wanted)]
        if found:
            return found
    return []


def fold(text: str) -> str:
    """Case, accents and punctuation aside."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", kept))


def _position(target: str) -> int | None:
    match = _NUMBER.match(target.strip())
    if match:
        return int(match[1])
    return _ORDINALS.get(target.lower().removeprefix("the ").removesuffix(" one"))


def _is(title: str, wanted: str) -> bool:
    return title == wanted


def _starts(title: str, wanted: str) -> bool:
    return bool(wanted) and title.startswith(wanted)


def _contains(title: str, wanted: str) -> bool:
    return bool(wanted) and wanted in title


def _has_words(title: str, wanted: str) -> bool:
    words = set(wanted.split()) - {"the", "my", "a", "an", "to"}
    return bool(words) and words <= set(title.split())
