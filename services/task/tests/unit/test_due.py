"""When a task is due, as one instant."""

from datetime import UTC, date, datetime, time

import pytest
from task_service.tasks.due import due_instant


class TestDueInstant:
    def test_date_alone_has_no_due_instant(self) -> None:
        assert due_instant(date(2026, 3, 1), None, "UTC") is None

    def test_task_without_a_date_has_no_due_instant(self) -> None:
        assert due_instant(None, None, "UTC") is None

    @pytest.mark.parametrize(
        ("day", "clock", "zone", "instant"),
        [
            (date(2026, 1, 5), time(9), "Europe/Berlin", datetime(2026, 1, 5, 8, tzinfo=UTC)),
            (date(2026, 7, 5), time(9), "Europe/Berlin", datetime(2026, 7, 5, 7, tzinfo=UTC)),
            (date(2026, 7, 5), time(9), "Pacific/Kiritimati", datetime(2026, 7, 4, 19, tzinfo=UTC)),
            # Clocks go from 02:00 to 03:00: 02:30 becomes 03:30.
            (date(2026, 3, 29), time(2, 30), "Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
            # Clocks go from 03:00 to 02:00: 02:30 is the first of the two.
            (date(2026, 10, 25), time(2, 30), "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
            # Half an hour of summer time.
            (date(2026, 1, 5), time(9), "Australia/Lord_Howe", datetime(2026, 1, 4, 22, tzinfo=UTC)),
        ],
    )
    def test_due_instant_is_the_local_time_of_the_zone(
        self, day: date, clock: time, zone: str, instant: datetime
    ) -> None:
        assert due_instant(day, clock, zone) == instant
