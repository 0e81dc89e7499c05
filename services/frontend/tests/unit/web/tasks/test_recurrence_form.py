"""Rules as a form shows them."""

import pytest
from frontend_service.web.tasks.recurrence_form import (
    EMPTY,
    WEEKDAYS,
    describe_rule,
    find_problems,
    format_rule,
    parse_rule,
)
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.integers(1, 1000).map(str)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Any rule of RFC 5545 the task service may have, in any order of its parts."""
    names = {
        "INTERVAL": NUMBERS,
        "BYDAY": st.lists(st.sampled_from(["MO", "1TU", "-1FR", "+3FR", "SU", "53SA"]), min_size=1).map(
            ",".join
        ),
        "BYMONTHDAY": st.lists(st.integers(-31, 31).map(str), min_size=1, max_size=3).map(",".join),
        "BYMONTH": st.lists(st.integers(1, 12).map(str), min_size=1, max_size=3).map(",".join),
        "BYSETPOS": st.integers(-366, 366).map(str),
        "BYYEARDAY": st.integers(-366, 366).map(str),
        "BYWEEKNO": st.integers(-53, 53).map(str),
        "WKST": st.sampled_from(list(WEEKDAYS)),
        "COUNT": NUMBERS,
        "UNTIL": st.sampled_from(["20271231", "20271231T100000", "20271231T100000Z", "20270230"]),
    }
    chosen = draw(st.lists(st.sampled_from(list(names)), unique=True, max_size=4))
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"]))
    parts = [f"FREQ={frequency}", *(f"{name}={draw(names[name])}" for name in chosen)]
    return ";".join(draw(st.permutations(parts)))


def meaning(rule: str) -> dict[str, list[str]]:
    parts = dict(part.split("=") for part in rule.split(";"))
    if parts.get("INTERVAL") == "1":
        del parts["INTERVAL"]
    return {name: sorted(value.replace("+", "").split(",")) for name, value in parts.items()}


class TestRuleInForm:
    @given(rules())
    def test_round_trips(self, rule: str) -> None:
        fields = parse_rule(rule)
        if fields is not None:
            assert meaning(format_rule(fields)) == meaning(rule)
            assert find_problems(fields) == {}
            assert describe_rule(rule).startswith("every ")

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ("FREQ=DAILY", "every day"),
            ("FREQ=DAILY;INTERVAL=3;COUNT=5", "every 3 days, 5 times"),
            ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every working day"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,MO;WKST=SU", "every 2 weeks on Mon, Thu"),
            ("FREQ=MONTHLY;BYMONTHDAY=22;UNTIL=20271231", "every month on the 22nd, until 31 Dec 2027"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"),
            ("FREQ=MONTHLY;BYDAY=3FR", "every month on the third Friday"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "every year on 29 February"),
        ],
    )
    def test_is_described_in_words(self, rule: str, words: str) -> None:
        assert describe_rule(rule) == words

    def test_from_completion_says_so(self) -> None:
        assert describe_rule("FREQ=DAILY;INTERVAL=10", "completion") == "every 10 days, from when it is done"

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=1",
            "FREQ=DAILY;UNTIL=20271231T100000Z",
            "FREQ=MONTHLY;BYMONTHDAY=1,15",
            "FREQ=MONTHLY;BYDAY=-2MO",
            "FREQ=YEARLY;BYYEARDAY=100",
            "FREQ=WEEKLY;BYDAY=MO;BYMONTH=3",
            "FREQ=HOURLY",
            "",
        ],
    )
    def test_without_matching_fields_is_not_shown(self, rule: str) -> None:
        assert parse_rule(rule) is None
        assert describe_rule(rule) == ""


class TestFormFields:
    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"unit": "day", "weekdays": "MO", "monthly": "day"}, "FREQ=DAILY"),
            ({"unit": "week", "weekdays": "MO,FR", "every": "2"}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR"),
            (
                {"unit": "month", "monthly": "weekday", "place": "-1", "weekday": "SU"},
                "FREQ=MONTHLY;BYDAY=-1SU",
            ),
            ({"unit": "year", "ends": "until", "until": "2030-01-31"}, "FREQ=YEARLY;UNTIL=20300131"),
            ({"unit": "day", "ends": "count", "count": "3", "until": "2030-01-31"}, "FREQ=DAILY;COUNT=3"),
        ],
    )
    def test_build_a_rule(self, fields: dict[str, str], rule: str) -> None:
        assert format_rule(EMPTY | fields) == rule

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"every": "0"}, {"every"}),
            ({"every": "1001"}, {"every"}),
            ({"every": "٣"}, {"every"}),
            ({"unit": "fortnight"}, {"unit"}),
            ({"ends": "count"}, {"count"}),
            ({"ends": "until", "until": "2027-02-30"}, {"until"}),
            ({"ends": "never", "until": "never", "count": "x"}, set()),
            ({"monthly": "day", "month_day": "1;COUNT=2"}, {"month_day"}),
        ],
    )
    def test_that_are_invalid_are_named(self, fields: dict[str, str], wrong: set[str]) -> None:
        assert set(find_problems(EMPTY | fields)) == wrong
