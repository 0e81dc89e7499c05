"""Resolves local dates and times to instants across DST changes, and explains each adjustment.

As RFC 5545, 3.3.5: a time in a gap is moved forward by the gap, of one that occurs twice the first counts
(PEP 495, fold=0).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from task_service.recurrence.days import RuleDay
from task_service.recurrence.rule import MONTHS, format_ordinal
from task_service.tasks.due import due_instant

_NOON = time(12)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """When a task is due. `due_at` (UTC) is None for a date alone; `why` says what was adjusted."""

    due_date: date
    due_time: time | None
    due_at: datetime | None
    why: tuple[str, ...] = ()

    def is_after(self, other: "Occurrence") -> bool:
        if self.due_at and other.due_at:
            return self.due_at > other.due_at
        return self.due_date > other.due_date


def resolve_occurrence(day: RuleDay, clock: time | None, zone: str) -> Occurrence:
    """The occurrence on `day` at the local time `clock` in the IANA zone `zone`.

    A day the zone skipped (Apia, 30 December 2011) becomes the next one there is.
    """
    why = list(_explain_clamping(day))
    real = day.date
    while not day_exists(real, zone):
        real += timedelta(days=1)
    if real != day.date:
        why.append(f"{format_date(day.date)} was left out in {zone}, so it is {format_date(real)}")
    due_at = due_instant(real, clock, zone)
    if due_at and clock:
        why += _explain_clock_change(datetime.combine(real, clock), due_at, zone)
    return Occurrence(real, clock, due_at, tuple(why))


def day_exists(day: date, zone: str) -> bool:
    """Whether the zone has that day at all."""
    noon = datetime.combine(day, _NOON, ZoneInfo(zone))
    try:
        return noon.astimezone(UTC).astimezone(noon.tzinfo).date() == day
    except OverflowError:
        return True


def format_date(day: date) -> str:
    """`28 February 2027`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _explain_clamping(day: RuleDay) -> Iterator[str]:
    if day.clamped_from:
        ordinal, month = format_ordinal(day.clamped_from), MONTHS[day.date.month - 1]
        yield f"{ordinal} clamped to {day.date.day} {month}"


def _explain_clock_change(wall: datetime, instant: datetime, zone: str) -> Iterator[str]:
    shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if shown != wall:
        becomes = (
            f"{shown:%H:%M}"
            if shown.date() == wall.date()
            else f"{shown:%H:%M} on {format_date(shown.date())}"
        )
        yield f"clocks go forward, {wall:%H:%M} becomes {becomes}"
    elif _is_ambiguous(wall, zone):
        yield f"clocks go back, {wall:%H:%M} comes twice and the first one counts"


def _is_ambiguous(wall: datetime, zone: str) -> bool:
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    return first.utcoffset() != second.utcoffset()
