"""What every database and every time zone can hold."""

from datetime import UTC, date, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from servicekit.web.schemas import Instant, MergePatch, RequestBody, WallClock

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


WRONG: dict[str, list[Any]] = {
    "day": [0, 1795564800, 1.5, True, "0", "1795564800", [], {}],
    "clock": [0, 3600.0, "3600", False, {}],
    "number": [1.0, "1", True, []],
    "share": ["1", True],
    "is_on": [0, 1, "yes", "true", 1.0],
    "name": [1, 1.5, True, [], {}, None],
    "kind": [1, True, ["a"]],
    "inner": ["x", {}, 1],
}
WRONG_INSTANTS: list[Any] = [0, "0", "2026-05-01", True]


class Inner(RequestBody):
    at: Instant | None = None


class Outer(MergePatch):
    never_null = frozenset({"name"})

    name: str = ""
    day: date | None = None
    clock: WallClock | None = None
    number: int = 0
    share: float = 0
    is_on: bool = False
    kind: Literal["a", "b"] = "a"
    inner: list[Inner] = Field(default_factory=list)
    from_: str = Field(default="x", alias="from")


class TestTypes:
    @pytest.mark.parametrize(
        "body",
        [
            {"name": "x", "day": "2026-05-01", "clock": "09:00", "number": 1, "share": 1, "is_on": True},
            {
                "day": None,
                "clock": None,
                "number": None,
                "share": 0.5,
                "is_on": None,
                "kind": "b",
                "from": "y",
            },
            {"inner": [{"at": "2026-05-01T00:00:00Z"}, {"at": "2026-05-01t00:00:00.5+02:00"}, {}]},
            {"day": date(2026, 5, 1), "clock": time(9)},
        ],
    )
    def test_of_the_schema_are_taken(self, body: dict[str, Any]) -> None:
        assert Outer.model_validate(body).model_fields_set

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            *(({name: value}, (name,)) for name, values in WRONG.items() for value in values),
            *(({"inner": [{"at": value}]}, ("inner", 0, "at")) for value in WRONG_INSTANTS),
            ({"from": 1}, ("from",)),
        ],
    )
    def test_of_another_kind_are_refused_where_they_stand(
        self, body: dict[str, Any], where: tuple[str | int, ...]
    ) -> None:
        with pytest.raises(ValidationError) as refused:
            Outer.model_validate(body)
        assert [error["loc"] for error in refused.value.errors()] == [where]
