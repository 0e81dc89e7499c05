"""Checks the context of each phrase: what its surroundings negate or join to another stays in the title.

`not before friday`, `up to may 3`, `3 may to 7 may`, `at 8am and 8pm`: none of these is half parsed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from task_service.quickadd import english_context as english
from task_service.quickadd.language import Placement
from task_service.quickadd.phrase_match import PhraseMatch
from task_service.quickadd.recurrence_resolvers import RecurrenceLimit

_NEAR = 48
"""Characters looked at on either side."""
_SIDE_BY_SIDE = re.compile(r"[\s,()]*")
_COUNTED_FROM = ("from ", "before ")
_NAMED = ("date", "time", "recurrence", "ambiguous")


def apply_context(found: Sequence[PhraseMatch], text: str) -> list[PhraseMatch]:
    """`found`, in order, with neighbouring dates merged, and as ambiguous what its context changes."""
    kept = _merge_dates(found, text)
    turned = (at for at, each in enumerate(kept) if each.kind != "ignored" and _is_modified(each, text))
    blocked = {*_find_joined(kept, text), *turned}
    return [each.as_ambiguous if index in blocked else each for index, each in enumerate(kept)]


def _is_modified(found: PhraseMatch, text: str) -> bool:
    near = max(0, found.start - _NEAR)
    if english.MODIFIER_BEFORE.search(text, near, found.start):
        return True
    if found.kind == "recurrence" and english.EXCEPTION_AFTER.match(text, found.end):
        return True
    if found.resolver == "dotted" and english.NUMBER_PREFIX.search(text, near, found.start):
        return True
    counted = text.startswith(_COUNTED_FROM, found.start)
    if counted and english.UNIT_BEFORE.search(text, near, found.start):
        return True
    return found.kind in ("date", "time") and bool(english.MODIFIER_AFTER.match(text, found.end))


def _merge_dates(found: Sequence[PhraseMatch], text: str) -> list[PhraseMatch]:
    """Dates side by side: `friday, 27.11.2026` is one if they agree; else nobody knows which is meant."""
    kept: list[PhraseMatch] = []
    for each in found:
        last = kept[-1] if kept else None
        if last and last.kind == each.kind == "date" and _SIDE_BY_SIDE.fullmatch(text[last.end : each.start]):
            closed = "(" in text[last.end : each.start] and text.startswith(")", each.end)
            kept[-1] = _merge_pair(last, replace(each, end=each.end + closed))
        else:
            kept.append(each)
    return kept


def _merge_pair(first: PhraseMatch, second: PhraseMatch) -> PhraseMatch:
    dated, weekday = (second, first) if first.resolver == "weekday" else (first, second)
    days = dated.value.day, weekday.value.day
    agree = days[0] == days[1] or (
        weekday.resolver == "weekday"
        and dated.resolver != "weekday"
        and days[0].weekday() == days[1].weekday()
    )
    where = (
        Placement.ANYWHERE if Placement.ANYWHERE in (first.placement, second.placement) else first.placement
    )
    value = replace(dated.value, clock=dated.value.clock or weekday.value.clock)
    both = PhraseMatch(first.start, second.end, "date", where, value)
    return both if agree else both.as_ambiguous


def _find_joined(found: Sequence[PhraseMatch], text: str) -> Iterator[int]:
    """The places of those that are one with their neighbour: a range, or a choice."""
    repeats = any(each.kind == "recurrence" for each in found)
    for index, (left, right) in enumerate(pairwise(found)):
        between = text[left.end : right.start]
        ends = right.kind == "limit" and not repeats and _is_until(right) and _SIDE_BY_SIDE.fullmatch(between)
        if ends and left.kind in _NAMED:
            yield from (index, index + 1)
        if not (left.kind in _NAMED and right.kind in _NAMED and english.CONJUNCTION.fullmatch(between)):
            continue
        yield from (index, index + 1)
        if not left.kind == right.kind == "time":
            yield from _find_adjacent(found, text, index, -1)
            yield from _find_adjacent(found, text, index + 1, 1)


def _find_adjacent(found: Sequence[PhraseMatch], text: str, index: int, step: int) -> Iterator[int]:
    """The one right beside it: `friday` of `friday 9am to saturday`."""
    other = index + step
    if not 0 <= other < len(found):
        return
    first, second = sorted((found[index], found[other]), key=lambda each: each.start)
    if found[other].kind in _NAMED and _SIDE_BY_SIDE.fullmatch(text[first.end : second.start]):
        yield other


def _is_until(found: PhraseMatch) -> bool:
    return isinstance(found.value, RecurrenceLimit) and found.value.until is not None
