"""What every database and every time zone can hold."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from servicekit.schema import Instant

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


class TestAnInstant:
    def test_is_in_whole_seconds_of_utc(self) -> None:
        assert INSTANT.validate_python("2026-05-01T02:00:00.9+02:00") == datetime(2026, 5, 1, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["0001-01-03T00:00:00Z", "9999-12-29T23:59:59Z"])
    def test_has_a_date_everywhere(self, text: str) -> None:
        instant = INSTANT.validate_python(text)
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            assert instant.astimezone(ZoneInfo(zone)).date()

    @pytest.mark.parametrize(
        "text",
        [
            *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-12:00"),
            *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59+14:00"),
            *("2026-05-01T02:00:00", "2026-05-01"),
        ],
    )
    def test_that_is_none_or_too_far_off_is_refused(self, text: str) -> None:
        with pytest.raises(ValidationError):
            INSTANT.validate_python(text)
