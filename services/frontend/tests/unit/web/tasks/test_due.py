"""When a task is due, in words."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from frontend_service.web.tasks.due import current_time_in, describe_due

from services.frontend.tests.fake_services import a_task

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))


class TestDueDate:
    @pytest.mark.parametrize(
        ("due_date", "text", "urgency"),
        [
            ("2026-11-21", "21 Nov", "overdue"),
            ("2026-11-22", "Yesterday", "overdue"),
            ("2026-11-23", "Today", "today"),
            ("2026-11-24", "Tomorrow", "soon"),
            ("2026-11-29", "Sunday", "soon"),
            ("2026-11-30", "30 Nov", "later"),
            ("2027-06-01", "1 Jun 2027", "later"),
        ],
    )
    def test_is_described_relative_to_today(self, due_date: str, text: str, urgency: str) -> None:
        due = describe_due(a_task(due_date=due_date), NOON)
        assert due is not None
        assert (due.text, due.urgency) == (text, urgency)

    def test_that_is_missing_is_not_described(self) -> None:
        assert describe_due(a_task(), NOON) is None


class TestDueTime:
    @pytest.mark.parametrize(("time", "urgency"), [("11:59:00", "overdue"), ("12:01:00", "today")])
    def test_of_today_may_have_passed(self, time: str, urgency: str) -> None:
        due = describe_due(a_task(due_date="2026-11-23", due_time=time), NOON)
        assert due is not None
        assert due.urgency == urgency

    def test_that_floats_is_shown_unchanged(self) -> None:
        due = describe_due(a_task(due_date="2026-11-24", due_time="09:00:00"), NOON)
        assert due is not None
        assert due.text == "Tomorrow, 09:00"
        assert due.machine == "2026-11-24T09:00"

    def test_of_another_zone_is_shown_in_the_users_zone(self) -> None:
        task = a_task(
            due_date="2026-11-24",
            due_time="09:00:00",
            time_zone="Asia/Tokyo",
            due_at="2026-11-24T00:00:00Z",
        )
        due = describe_due(task, NOON)
        assert due is not None
        assert due.text == "Tomorrow, 01:00"
        assert due.exact == "Tuesday, 24 November 2026, 01:00"


class TestCurrentTime:
    def test_in_an_unknown_zone_is_utc(self) -> None:
        assert str(current_time_in("Mars/Olympus").tzinfo) == "UTC"
