"""What stands around a phrase and makes it mean something else: then it stays in the title, whole.

`not before friday`, `up to may 3`, `3 may to 7 may`, `at 8am and 8pm`: nothing of these is half used.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from task_service.quickadd import english_context as english
from task_service.quickadd.language import Where
from task_service.quickadd.phrase_match import Found
from task_service.quickadd.recurrence_resolvers import Limit

_NEAR = 48
"""Characters looked at on either side."""
_SIDE_BY_SIDE = re.compile(r"[\s,()]*")
_COUNTED_FROM = ("from ", "before ")
_NAMED = ("date", "time", "recurrence", "doubt")


def whole(found: Sequence[Found], text: str) -> list[Found]:
    """`found`, in order, with what must not be used as doubts, and neighbours that say one day as one."""
    kept = _one_day(found, text)
    turned = (at for at, each in enumerate(kept) if each.kind != "other" and _is_turned(each, text))
    blocked = {*_joined(kept, text), *turned}
    return [each.doubted if index in blocked else each for index, each in enumerate(kept)]


def _is_turned(found: Found, text: str) -> bool:
    near = max(0, found.start - _NEAR)
    if english.TURNED_BEFORE.search(text, near, found.start):
        return True
    if found.kind == "recurrence" and english.EXCEPTED.match(text, found.end):
        return True
    if found.meaning == "dotted" and english.NUMBERED.search(text, near, found.start):
        return True
    counted = text.startswith(_COUNTED_FROM, found.start)
    if counted and english.BEFORE_THAT.search(text, near, found.start):
        return True
    return found.kind in ("date", "time") and bool(english.TURNED_BEHIND.match(text, found.end))


def _one_day(found: Sequence[Found], text: str) -> list[Found]:
    """Dates side by side: `friday, 27.11.2026` is one if they agree; else nobody knows which is meant."""
    kept: list[Found] = []
    for each in found:
        last = kept[-1] if kept else None
        if last and last.kind == each.kind == "date" and _SIDE_BY_SIDE.fullmatch(text[last.end : each.start]):
            closed = "(" in text[last.end : each.start] and text.startswith(")", each.end)
            kept[-1] = _merged(last, replace(each, end=each.end + closed))
        else:
            kept.append(each)
    return kept


def _merged(first: Found, second: Found) -> Found:
    said, weekday = (second, first) if first.meaning == "weekday" else (first, second)
    days = said.value.day, weekday.value.day
    agree = days[0] == days[1] or (
        weekday.meaning == "weekday" and said.meaning != "weekday" and days[0].weekday() == days[1].weekday()
    )
    where = Where.ANYWHERE if Where.ANYWHERE in (first.where, second.where) else first.where
    value = replace(said.value, clock=said.value.clock or weekday.value.clock)
    both = Found(first.start, second.end, "date", where, value)
    return both if agree else both.doubted


def _joined(found: Sequence[Found], text: str) -> Iterator[int]:
    """The places of those that are one with their neighbour: a range, or a choice."""
    repeats = any(each.kind == "recurrence" for each in found)
    for index, (left, right) in enumerate(pairwise(found)):
        between = text[left.end : right.start]
        ends = right.kind == "limit" and not repeats and _is_until(right) and _SIDE_BY_SIDE.fullmatch(between)
        if ends and left.kind in _NAMED:
            yield from (index, index + 1)
        if not (left.kind in _NAMED and right.kind in _NAMED and english.JOINED.fullmatch(between)):
            continue
        yield from (index, index + 1)
        if not left.kind == right.kind == "time":
            yield from _neighbours(found, text, index, -1)
            yield from _neighbours(found, text, index + 1, 1)


def _neighbours(found: Sequence[Found], text: str, index: int, step: int) -> Iterator[int]:
    """The one right beside it: `friday` of `friday 9am to saturday`."""
    other = index + step
    if not 0 <= other < len(found):
        return
    first, second = sorted((found[index], found[other]), key=lambda each: each.start)
    if found[other].kind in _NAMED and _SIDE_BY_SIDE.fullmatch(text[first.end : second.start]):
        yield other


def _is_until(found: Found) -> bool:
    return isinstance(found.value, Limit) and found.value.until is not None
