"""When to remind. Pure: instants in, instants out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MINUTES_OF_A_DAY = 24 * 60
LATE = timedelta(minutes=1)
"""A reminder that comes this long after its time says that it is late."""


def load_zone(name: str | None, fallback: str) -> ZoneInfo:
    """The IANA zone, or `fallback`, or UTC where neither exists any more."""
    for candidate in (name, fallback):
        try:
            if candidate:
                return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return ZoneInfo("UTC")


def compute_due_at(
    due_at: datetime | None, due_date: date | None, day_starts_at: time, zone: ZoneInfo
) -> datetime | None:
    """When a task counts as due: a day without a time, when the day of its owner starts.

    None at the ends of the calendar, where UTC has no such year.
    """
    if due_at or due_date is None:
        return due_at
    try:
        return datetime.combine(due_date, day_starts_at, zone).astimezone(UTC)
    except OverflowError:
        return None


def compute_remind_at(
    minutes_before: int | None, at: datetime | None, due: datetime | None, zone: ZoneInfo
) -> datetime | None:
    """The instant to remind at, in whole seconds; None as long as the task has no due date.

    zone: on whose wall whole days are counted.
    """
    if at is None and due is not None and minutes_before is not None:
        try:
            at = _subtract_minutes(due, minutes_before, zone)
        except (OverflowError, ValueError):
            return None
    return at.astimezone(UTC).replace(microsecond=0) if at else None


def _subtract_minutes(due: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """Whole days before `due` on the wall of `zone`; any other number of minutes on the time line.

    RFC 5545, section 3.3.6: days are nominal, hours and minutes exact. A time the wall skips is read with
    the offset before the gap, and of a time it shows twice the first is meant (section 3.3.5; PEP 495).
    """
    days, rest = divmod(minutes, MINUTES_OF_A_DAY)
    if rest or not days:
        return due - timedelta(minutes=minutes)
    return (due.astimezone(zone) - timedelta(days=days)).replace(fold=0)


def is_late(remind_at: datetime, now: datetime) -> bool:
    return now - remind_at > LATE


def next_wall_clock_time(at: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The first instant after `after` at which a clock in `zone` shows `at` (PEP 495, fold=0)."""
    day = after.astimezone(zone).date()
    for later in range(3):
        found = datetime.combine(day + timedelta(days=later), at, zone).astimezone(UTC)
        if found > after:
            return found
    raise AssertionError("a clock shows each time once in three days")


def next_noisy_instant(
    quiet_from: time | None, quiet_to: time | None, zone: ZoneInfo, now: datetime
) -> datetime:
    """When noise is allowed: `now`, or the end of the quiet hours `now` lies in (they may span midnight)."""
    if quiet_from is None or quiet_to is None or quiet_from == quiet_to:
        return now
    clock = now.astimezone(zone).time()
    if quiet_from < quiet_to:
        is_quiet = quiet_from <= clock < quiet_to
    else:
        is_quiet = clock >= quiet_from or clock < quiet_to
    return next_wall_clock_time(quiet_to, zone, now) if is_quiet else now
