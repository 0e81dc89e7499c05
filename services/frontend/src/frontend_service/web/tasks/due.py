"""When a task is due, in words for the person who looks at it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypedDict
from zoneinfo import ZoneInfo


class Dated(TypedDict):
    """What says when something is due: of a task, of its preview, of an occurrence."""

    due_date: str | None
    due_time: str | None
    time_zone: str | None
    due_at: str | None


Urgency = Literal["overdue", "today", "soon", "later"]
SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Due:
    """`text` says it, `exact` says it in full, `machine` is for the `datetime` attribute."""

    text: str
    exact: str
    machine: str
    urgency: Urgency


def describe_due(task: Dated, now: datetime) -> Due | None:
    """When `task` is due, seen at `now`, which is in the zone of who looks; None if it isn't."""
    if not task["due_date"]:
        return None
    day, clock = date.fromisoformat(task["due_date"]), None
    if task["due_time"]:
        day, clock = _to_local(task, day, time.fromisoformat(task["due_time"]), now)
    shown = _describe_day(day, now.date()) + (f", {clock:%H:%M}" if clock else "")
    exact = f"{day:%A}, {day.day} {day:%B %Y}" + (f", {clock:%H:%M}" if clock else "")
    machine = f"{day.isoformat()}T{clock:%H:%M}" if clock else day.isoformat()
    return Due(shown, exact, machine, _find_urgency(day, clock, now))


def _to_local(task: Dated, day: date, clock: time, now: datetime) -> tuple[date, time]:
    """A fixed time is told in the looker's zone, a floating one as it stands."""
    if not task["time_zone"] or not task["due_at"]:
        return day, clock
    here = datetime.fromisoformat(task["due_at"]).astimezone(now.tzinfo)
    return here.date(), here.time()


def _describe_day(day: date, today: date) -> str:
    away = (day - today).days
    near = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}
    if away in near:
        return near[away]
    if 1 < away < SOON.days:
        return f"{day:%A}"
    return f"{day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")


def _find_urgency(day: date, clock: time | None, now: datetime) -> Urgency:
    today = now.date()
    if day < today or (day == today and clock and clock < now.time()):
        return "overdue"
    if day == today:
        return "today"
    return "soon" if day - today < SOON else "later"


def current_time_in(zone: str) -> datetime:
    """The time in an IANA zone; in UTC if there is no such zone here."""
    try:
        return datetime.now(ZoneInfo(zone))
    except (KeyError, ValueError):
        return datetime.now(ZoneInfo("UTC"))
