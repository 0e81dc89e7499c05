"""A repetition as a form shows it, and as the task service takes it (RRULE of RFC 5545).

Only rules that come back from the form saying the same are shown in it; all others are left as they are.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from frontend_service.web.three_way_merge import Fields

UNITS = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
WEEKDAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
PLACES = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}
MONTH_DAYS = {str(day): str(day) for day in range(1, 32)} | {"-1": "the last"}
UNIT_NAMES = {"day": "day(s)", "week": "week(s)", "month": "month(s)", "year": "year(s)"}
MONTHS = {str(month): f"{datetime(2000, month, 1):%B}" for month in range(1, 13)}  # noqa: DTZ001
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "from": {"due": "the date it was due", "completion": "the day it is done"},
    "month_end": {"clamp": "its last day", "skip": "no day: it is left out"},
    "missed": {
        "skip": "the next one that isn't over",
        "one": "the last one that was missed",
        "all": "each one that was missed",
    },
}
"""How a rule is read, beside the rule."""
CHOICES: Mapping[str, Collection[str]] = {
    "unit": UNITS,
    "monthly": ("same", "day", "weekday"),
    "month_day": MONTH_DAYS,
    "place": PLACES,
    "weekday": WEEKDAYS,
    "yearly": ("same", "date"),
    "month": MONTHS,
    "year_day": list(MONTH_DAYS)[:-1],
    "ends": ("never", "until", "count"),
}
DEFAULTS = {"from": "due", "month_end": "clamp", "missed": "skip"}
EMPTY: Fields = {
    "every": "1",
    "unit": "week",
    "weekdays": "",
    "monthly": "same",
    "month_day": "1",
    "place": "1",
    "weekday": "MO",
    "yearly": "same",
    "month": "1",
    "year_day": "1",
    "ends": "never",
    "until": "",
    "count": "",
    "week_start": "",
}
MOST = 1000
_WORKING_DAYS = "MO,TU,WE,TH,FR"


def parse_rule(rule: str) -> Fields | None:
    """The fields of a rule; None for one the form has no fields for."""
    parts = _split_rule(rule)
    unit = next((name for name, value in UNITS.items() if value == parts.get("FREQ")), "")
    fields = EMPTY | {"unit": unit, "every": parts.get("INTERVAL", "1"), "week_start": parts.get("WKST", "")}
    fields |= _parse_days(unit, parts) | _parse_end(parts)
    is_whole = (
        unit
        and not find_problems(fields)
        and _normalize_parts(_split_rule(format_rule(fields))) == _normalize_parts(parts)
    )
    return fields if is_whole else None


def read_form(form: Mapping[str, str]) -> Fields:
    """The fields of a posted form."""
    fields = {name: form.get(name, default).strip() for name, default in EMPTY.items()}
    return fields | {"weekdays": ",".join(day for day in WEEKDAYS if f"on_{day}" in form)}


def format_rule(fields: Fields) -> str:
    """The rule that the fields say. Fields of another unit or end than the chosen one count for nothing."""
    parts = [f"FREQ={UNITS.get(fields['unit'], fields['unit'])}"]
    parts += [f"INTERVAL={fields['every']}"] if fields["every"] != "1" else []
    parts += _format_days(fields)
    parts += [f"WKST={fields['week_start']}"] if fields["week_start"] and fields["unit"] == "week" else []
    if fields["ends"] == "count":
        parts.append(f"COUNT={fields['count']}")
    elif fields["ends"] == "until":
        parts.append(f"UNTIL={fields['until'].replace('-', '')}")
    return ";".join(parts)


def find_problems(fields: Fields) -> dict[str, str]:
    """What is wrong with fields that count, by name."""
    found = {} if _is_number(fields["every"]) else {"every": f"A number from 1 to {MOST}."}
    for name, known in CHOICES.items():
        if fields[name] not in known:
            found[name] = "This is not one of the choices."
    if fields["ends"] == "count" and not _is_number(fields["count"]):
        found["count"] = f"A number from 1 to {MOST}."
    if fields["ends"] == "until" and not _is_date(fields["until"]):
        found["until"] = "The last day it may be due on."
    return found


def describe_rule(rule: str, from_: str = "due") -> str:
    """The rule, as short as it can be said; empty for one the form has no fields for."""
    fields = parse_rule(rule)
    if fields is None:
        return ""
    unit, every = fields["unit"], fields["every"]
    text = f"every {unit}" if every == "1" else f"every {every} {unit}s"
    if fields["weekdays"] == _WORKING_DAYS and every == "1":
        text = "every working day"
    elif days := _describe_days(fields):
        text += f" on {days}"
    return text + _describe_end(fields) + (", from when it is done" if from_ == "completion" else "")


def _split_rule(rule: str) -> dict[str, str]:
    return {name: value for name, _, value in (piece.partition("=") for piece in rule.split(";"))}


def _normalize_parts(parts: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Lists in one order, and without what is said by saying nothing."""
    explicit = {
        name: value.replace("+", "") for name, value in parts.items() if (name, value) != ("INTERVAL", "1")
    }
    return {name: sorted(value.split(",")) for name, value in explicit.items()}


def _parse_days(unit: str, parts: Mapping[str, str]) -> Fields:
    by_day, by_month_day, by_month = (parts.get(name, "") for name in ("BYDAY", "BYMONTHDAY", "BYMONTH"))
    if unit == "week":
        return {"weekdays": ",".join(day for day in WEEKDAYS if day in by_day.split(","))}
    if unit == "month" and by_month_day:
        return {"monthly": "day", "month_day": by_month_day}
    if unit == "month" and by_day:
        return {"monthly": "weekday", "place": by_day[:-2].lstrip("+"), "weekday": by_day[-2:]}
    if unit == "year" and by_month:
        return {"yearly": "date", "month": by_month, "year_day": by_month_day}
    return {}


def _format_days(fields: Fields) -> list[str]:
    unit = fields["unit"]
    if unit == "week" and fields["weekdays"]:
        return [f"BYDAY={fields['weekdays']}"]
    if unit == "month" and fields["monthly"] == "day":
        return [f"BYMONTHDAY={fields['month_day']}"]
    if unit == "month" and fields["monthly"] == "weekday":
        return [f"BYDAY={fields['place']}{fields['weekday']}"]
    if unit == "year" and fields["yearly"] == "date":
        return [f"BYMONTH={fields['month']}", f"BYMONTHDAY={fields['year_day']}"]
    return []


def _parse_end(parts: Mapping[str, str]) -> Fields:
    if "COUNT" in parts:
        return {"ends": "count", "count": parts["COUNT"]}
    if "UNTIL" in parts:
        text = parts["UNTIL"]
        return {"ends": "until", "until": f"{text[:4]}-{text[4:6]}-{text[6:]}"}
    return {}


def _describe_days(fields: Fields) -> str:
    if fields["unit"] == "week" and fields["weekdays"]:
        return ", ".join(WEEKDAYS[day][:3] for day in fields["weekdays"].split(","))
    if fields["unit"] == "month" and fields["monthly"] == "day":
        return (
            "the last day"
            if fields["month_day"] == "-1"
            else f"the {format_ordinal(int(fields['month_day']))}"
        )
    if fields["unit"] == "month" and fields["monthly"] == "weekday":
        return f"the {PLACES[fields['place']]} {WEEKDAYS[fields['weekday']]}"
    if fields["unit"] == "year" and fields["yearly"] == "date":
        return f"{fields['year_day']} {MONTHS[fields['month']]}"
    return ""


def _describe_end(fields: Fields) -> str:
    if fields["ends"] == "count":
        return f", {fields['count']} times"
    if fields["ends"] == "until":
        day = date.fromisoformat(fields["until"])
        return f", until {day.day} {day:%b} {day.year}"
    return ""


def format_ordinal(number: int) -> str:
    """`1st`, `22nd`, `13th`."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
