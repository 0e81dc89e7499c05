"""Phrases found in a text, and which of them count."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import time
from functools import cache, partial
from itertools import islice
from typing import Any

from task_service.quickadd import context, date_resolvers, recurrence_resolvers
from task_service.quickadd.calendar import Calendar
from task_service.quickadd.english import ENGLISH
from task_service.quickadd.language import Pattern, Where, compiled
from task_service.quickadd.phrase_match import Found
from task_service.quickadd.text import UNREAD

Meaning = Callable[..., Any]

_EVENING = time(20)
_FIXED: Mapping[str, Meaning] = {
    "today": partial(date_resolvers.days_ahead, days=0),
    "tonight": partial(date_resolvers.part_of, part=_EVENING),
    "next_weekend": partial(date_resolvers.weekend, later=1),
    "half_an_hour": partial(date_resolvers.in_units, amount=30, unit="minute"),
    "end_of_week": partial(date_resolvers.end_of, unit="week"),
    "end_of_month": partial(date_resolvers.end_of, unit="month"),
    "end_of_year": partial(date_resolvers.end_of, unit="year"),
}
MOST_OPEN = 20
"""Phrases whose place decides; of more than so many only the last are looked at."""
MOST_SIGNED = 10
_REMINDER_SIGN = re.compile(r"(?<!\S)!(?=\w)")
_REMIND = "remind me "
_LONGEST_MOMENT = 40
_BLANK = re.compile(rf"[\s,;.:!?()\[\]{UNREAD}]*")
_BETWEEN = re.compile(r"[\s,]*")
_GAP = re.compile(r"[ \t,]*")


def find(text: str, calendar: Calendar) -> list[Found]:
    """The phrases of `text` (folded), in its order, none overlapping another.

    Those that don't count where they stand are there as doubts.
    """
    apart = context.whole(_apart(_candidates(text, calendar)), text)
    counted = _settled(apart, text)
    open_ = {each for each in apart if each.kind in ("date", "recurrence")} - set(counted)
    doubts = [each.doubted for each in open_] + [each for each in apart if each.kind == "doubt"]
    return sorted([*counted, *doubts], key=lambda each: each.start)


def signed_reminders(text: str, calendar: Calendar) -> list[Found]:
    """Reminders that are asked for by `!` before a moment: `!9am`, `!30 min before`."""
    found = []
    for sign in islice(_REMINDER_SIGN.finditer(text), MOST_SIGNED):
        behind = text[sign.end() : sign.end() + _LONGEST_MOMENT].partition("!")[0]
        begins = next((each for each in find(_REMIND + behind, calendar) if each.start == 0), None)
        if begins and begins.kind == "reminder":
            end = sign.end() + begins.end - len(_REMIND)
            found.append(replace(begins, start=sign.start(), end=end))
    return found


@cache
def _patterns() -> Sequence[Pattern]:
    return compiled(ENGLISH)


def _candidates(text: str, calendar: Calendar) -> Iterator[Found]:
    for pattern in _patterns():
        for match in pattern.regex.finditer(text):
            found = _read(pattern, match, text, calendar)
            if found:
                yield found


def _read(pattern: Pattern, match: re.Match[str], text: str, calendar: Calendar) -> Found | None:
    phrase, end, followed = pattern.phrase, match.end(), []
    for kind in phrase.then:
        behind = _at(text, end, kind.rstrip("?"), calendar)
        if behind:
            end = behind.end
            followed.append(behind.value)
        elif not kind.endswith("?"):
            return None
    try:
        value = _meaning(phrase.meaning)(calendar, *followed, **pattern.values(match))
    except (ValueError, OverflowError):
        value = None
    found = Found(match.start(), end, phrase.kind, phrase.where, value, phrase.meaning)
    if value is None and phrase.kind in ("date", "recurrence"):
        return found.doubted
    return found if value is not None or phrase.kind in ("other", "doubt") else None


def _at(text: str, start: int, kind: str, calendar: Calendar) -> Found | None:
    """The longest phrase of that kind that begins right behind `start`."""
    start = _GAP.match(text, start).end()  # type: ignore[union-attr]  # nothing matches, too
    best = None
    for pattern in _patterns():
        if pattern.phrase.kind != kind:
            continue
        match = pattern.regex.match(text, start)
        found = _read(pattern, match, text, calendar) if match else None
        if found and found.kind == kind and (best is None or found.end > best.end):
            best = found
    return best


def _meaning(name: str) -> Meaning:
    if name in _FIXED:
        return _FIXED[name]
    found: Meaning = getattr(date_resolvers, name, None) or getattr(recurrence_resolvers, name)
    return found


def _apart(candidates: Iterator[Found]) -> list[Found]:
    """Of those that overlap the first, of those that begin together the longest."""
    kept: list[Found] = []
    for found in sorted(candidates, key=lambda each: (each.start, -each.end)):
        if not kept or found.start >= kept[-1].end:
            kept.append(found)
    return kept


def _settled(found: Sequence[Found], text: str) -> list[Found]:
    """Those that count where they stand."""
    sure = [each for each in found if each.where is Where.ANYWHERE and each.kind not in ("other", "doubt")]
    open_ = [each for each in found if each.where is not Where.ANYWHERE][-MOST_OPEN:]
    while True:
        more = [each for each in open_ if _fits(each, sure, text)]
        if not more:
            return sorted(sure, key=lambda each: each.start)
        sure += more[-1:]
        open_.remove(more[-1])


def _fits(found: Found, sure: Sequence[Found], text: str) -> bool:
    beside = any(
        each.kind in ("date", "recurrence", "time")
        and each.kind != found.kind
        and _BETWEEN.fullmatch(text[min(each.end, found.end) : max(each.start, found.start)])
        for each in sure
    )
    return beside or (found.where is Where.AT_THE_END and _ends(found, sure, text))


def _ends(found: Found, sure: Sequence[Found], text: str) -> bool:
    at = found.end
    for each in [*sorted(sure, key=lambda each: each.start), None]:
        if each and each.start < at:
            continue
        if not _BLANK.fullmatch(text[at : each.start if each else len(text)]):
            return False
        at = each.end if each else at
    return True
