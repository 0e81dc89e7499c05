"""Matches the phrases of the language in a text, and selects which of them count where they stand."""

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
from task_service.quickadd.language import Pattern, Placement, compile_phrases
from task_service.quickadd.phrase_match import PhraseMatch
from task_service.quickadd.text import MASK

Resolver = Callable[..., Any]

_EVENING = time(20)
_FIXED: Mapping[str, Resolver] = {
    "today": partial(date_resolvers.resolve_days_ahead, days=0),
    "tonight": partial(date_resolvers.resolve_part_of, part=_EVENING),
    "next_weekend": partial(date_resolvers.resolve_weekend, later=1),
    "half_an_hour": partial(date_resolvers.resolve_in_units, amount=30, unit="minute"),
    "end_of_week": partial(date_resolvers.resolve_end_of, unit="week"),
    "end_of_month": partial(date_resolvers.resolve_end_of, unit="month"),
    "end_of_year": partial(date_resolvers.resolve_end_of, unit="year"),
}
MAX_UNPLACED = 20
"""Phrases whose place decides; of more than so many only the last are looked at."""
MAX_SIGNED = 10
_REMINDER_SIGN = re.compile(r"(?<!\S)!(?=\w)")
_REMIND = "remind me "
_LONGEST_MOMENT = 40
_BLANK = re.compile(rf"[\s,;.:!?()\[\]{MASK}]*")
_BETWEEN = re.compile(r"[\s,]*")
_GAP = re.compile(r"[ \t,]*")


def find_phrases(text: str, calendar: Calendar) -> list[PhraseMatch]:
    """The phrases of `text` (case-folded), in its order, without overlap.

    Those that don't count where they stand come as ambiguous.
    """
    apart = context.apply_context(_drop_overlapping(_match_candidates(text, calendar)), text)
    counted = _select_placed(apart, text)
    open_ = {each for each in apart if each.kind in ("date", "recurrence")} - set(counted)
    ambiguous = [each.as_ambiguous for each in open_] + [each for each in apart if each.kind == "ambiguous"]
    return sorted([*counted, *ambiguous], key=lambda each: each.start)


def find_signed_reminders(text: str, calendar: Calendar) -> list[PhraseMatch]:
    """Todoist's reminders, `!` before a time or duration: `!9am`, `!30 min before`."""
    found = []
    for sign in islice(_REMINDER_SIGN.finditer(text), MAX_SIGNED):
        rest = text[sign.end() : sign.end() + _LONGEST_MOMENT].partition("!")[0]
        begins = next((each for each in find_phrases(_REMIND + rest, calendar) if each.start == 0), None)
        if begins and begins.kind == "reminder":
            end = sign.end() + begins.end - len(_REMIND)
            found.append(replace(begins, start=sign.start(), end=end))
    return found


@cache
def _load_patterns() -> Sequence[Pattern]:
    return compile_phrases(ENGLISH)


def _match_candidates(text: str, calendar: Calendar) -> Iterator[PhraseMatch]:
    for pattern in _load_patterns():
        for match in pattern.regex.finditer(text):
            found = _resolve_match(pattern, match, text, calendar)
            if found:
                yield found


def _resolve_match(
    pattern: Pattern, match: re.Match[str], text: str, calendar: Calendar
) -> PhraseMatch | None:
    phrase, end, followed = pattern.phrase, match.end(), []
    for kind in phrase.then:
        following = _match_longest(text, end, kind.rstrip("?"), calendar)
        if following:
            end = following.end
            followed.append(following.value)
        elif not kind.endswith("?"):
            return None
    try:
        value = _find_resolver(phrase.resolver)(calendar, *followed, **pattern.values(match))
    except (ValueError, OverflowError):
        value = None
    found = PhraseMatch(match.start(), end, phrase.kind, phrase.placement, value, phrase.resolver)
    if value is None and phrase.kind in ("date", "recurrence"):
        return found.as_ambiguous
    return found if value is not None or phrase.kind in ("ignored", "ambiguous") else None


def _match_longest(text: str, start: int, kind: str, calendar: Calendar) -> PhraseMatch | None:
    """The longest phrase of that kind that begins right after `start`."""
    start = _GAP.match(text, start).end()  # type: ignore[union-attr]  # nothing matches, too
    best = None
    for pattern in _load_patterns():
        if pattern.phrase.kind != kind:
            continue
        match = pattern.regex.match(text, start)
        found = _resolve_match(pattern, match, text, calendar) if match else None
        if found and found.kind == kind and (best is None or found.end > best.end):
            best = found
    return best


def _find_resolver(name: str) -> Resolver:
    if name in _FIXED:
        return _FIXED[name]
    function = f"resolve_{name}"
    found: Resolver = getattr(date_resolvers, function, None) or getattr(recurrence_resolvers, function)
    return found


def _drop_overlapping(candidates: Iterator[PhraseMatch]) -> list[PhraseMatch]:
    """Leftmost-longest: of overlapping phrases the first, of those that begin together the longest."""
    kept: list[PhraseMatch] = []
    for found in sorted(candidates, key=lambda each: (each.start, -each.end)):
        if not kept or found.start >= kept[-1].end:
            kept.append(found)
    return kept


def _select_placed(found: Sequence[PhraseMatch], text: str) -> list[PhraseMatch]:
    """The phrases that count where they stand.

    A fixed point: a phrase at the end, or beside one that counts, counts itself and may make the next one do.
    """
    sure = [
        each
        for each in found
        if each.placement is Placement.ANYWHERE and each.kind not in ("ignored", "ambiguous")
    ]
    open_ = [each for each in found if each.placement is not Placement.ANYWHERE][-MAX_UNPLACED:]
    while True:
        more = [each for each in open_ if _is_well_placed(each, sure, text)]
        if not more:
            return sorted(sure, key=lambda each: each.start)
        sure += more[-1:]
        open_.remove(more[-1])


def _is_well_placed(found: PhraseMatch, sure: Sequence[PhraseMatch], text: str) -> bool:
    beside = any(
        each.kind in ("date", "recurrence", "time")
        and each.kind != found.kind
        and _BETWEEN.fullmatch(text[min(each.end, found.end) : max(each.start, found.start)])
        for each in sure
    )
    return beside or (found.placement is Placement.AT_THE_END and _is_at_end(found, sure, text))


def _is_at_end(found: PhraseMatch, sure: Sequence[PhraseMatch], text: str) -> bool:
    at = found.end
    for each in [*sorted(sure, key=lambda each: each.start), None]:
        if each and each.start < at:
            continue
        if not _BLANK.fullmatch(text[at : each.start if each else len(text)]):
            return False
        at = each.end if each else at
    return True
