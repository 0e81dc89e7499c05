"""What relative dates resolve against: now in a time zone, and the conventions of its country."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from task_service.tasks.due import due_instant

SUNDAY_FIRST = (
    "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT MX MZ NI NP "
    "PA PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW"
)
"""Countries (ISO 3166) whose week starts on Sunday, by CLDR's weekData."""
SATURDAY_FIRST = "AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY"
MONTH_FIRST = "AS FM GU MH MP PH PR PW UM US VI"
"""Where 12/03 is 3 December."""
MONDAY, SATURDAY, SUNDAY = 0, 5, 6
STARTS = {"monday": MONDAY, "saturday": SATURDAY, "sunday": SUNDAY}


@dataclass(frozen=True, slots=True)
class Calendar:
    """`now` is in the zone; weekdays count from Monday = 0."""

    now: datetime
    zone: str
    week_start: int = MONDAY
    month_first: bool = False

    @classmethod
    def for_zone(cls, now: datetime, zone: str, week_start: str | None = None) -> "Calendar":
        """The calendar at the instant `now` in the IANA zone `zone`, as its country keeps it.

        week_start: the day a user's week starts on, whatever the country does.
        """
        country = _load_countries().get(zone, "US" if zone.startswith("US/") else "nowhere")
        start = SUNDAY if country in SUNDAY_FIRST else SATURDAY if country in SATURDAY_FIRST else MONDAY
        start = STARTS.get(week_start or "", start)
        return cls(now.astimezone(ZoneInfo(zone)), zone, start, country in MONTH_FIRST)

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def first_day_of_week(self) -> date:
        """Its first day."""
        return self.today - timedelta(days=(self.today.weekday() - self.week_start) % 7)

    def has_passed(self, day: date, clock: time) -> bool:
        """Whether the time on the wall is over; one that is just now is not."""
        instant = self.to_utc(day, clock)
        return instant < self.now.astimezone(UTC).replace(second=0, microsecond=0)

    def to_utc(self, day: date, clock: time) -> datetime:
        """In UTC."""
        found = due_instant(day, clock, self.zone)
        assert found
        return found


@cache
def _load_countries() -> Mapping[str, str]:
    """Zone → country, from the time zone database."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text()
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return {row[2]: row[0] for row in rows}
