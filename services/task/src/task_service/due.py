"""When a task is due: a date, or a time on the wall somewhere, as one instant."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def due_instant(due_date: date | None, due_time: time | None, zone: str) -> datetime | None:
    """The instant of a wall-clock time in the IANA zone `zone`; a date alone has none.

    A time that the clocks skip is moved on by the gap (02:30 becomes 03:30); one that comes twice is
    the first of the two (PEP 495, fold=0).
    """
    if due_date is None or due_time is None:
        return None
    return datetime.combine(due_date, due_time, ZoneInfo(zone)).astimezone(UTC)
