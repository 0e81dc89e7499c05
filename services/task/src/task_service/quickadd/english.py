"""English: the words and phrases of quick add."""

from datetime import time

from task_service.quickadd.language import Language, Phrase, PhraseKind, Placement, Words

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PLURALS = {f"{name}s": number for number, name in enumerate(_WEEKDAYS)}
_CLEAR = {name: number for number, name in enumerate(_WEEKDAYS)} | {
    **{"tue": 1, "tues": 1, "weds": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4}
}
_ALSO_WORDS = {"mon": 0, "wed": 2, "sat": 5, "sun": 6}
_MONTHS = {
    **{"january": 1, "jan": 1, "february": 2, "feb": 2, "april": 4, "apr": 4, "june": 6, "jun": 6},
    **{"july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9},
    **{"october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12, "dec": 12},
}
_MONTHS_ALSO_WORDS = {"march": 3, "mar": 3, "may": 5}
_NUMBERS = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"nine": 9, "ten": 10, "eleven": 11, "twelve": 12},
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_ENDING = "(?:st|nd|rd|th)"
_PERIODS = {"week": "week", "month": "month", "quarter": "quarter", "year": "year"}
_LASTING = _PERIODS | {"day": "day", "fortnight": "fortnight"}
_LONG = _LASTING | {f"{unit}s": unit for unit in _LASTING}
_SHORT = {
    **{"hour": "hour", "hours": "hour", "hr": "hour", "hrs": "hour", "h": "hour"},
    **{"minute": "minute", "minutes": "minute", "min": "minute", "mins": "minute", "m": "minute"},
}

WORDS = {
    "day": Words({"today": 0, "tomorrow": 1, "tmrw": 1, "tmr": 1, "tmw": 1, "yesterday": -1}
                 | {"day after tomorrow": 2, "the day after tomorrow": 2}),
    "brief_day": Words({"tod": 0}),
    "weekday": Words(_CLEAR | _ALSO_WORDS),
    "weekdays": Words(_CLEAR | _ALSO_WORDS | _PLURALS),
    "clear_weekday": Words(_CLEAR),
    "plural": Words(_PLURALS),
    "month": Words(_MONTHS | _MONTHS_ALSO_WORDS),
    "clear_month": Words(_MONTHS),
    "number": Words(digits="[0-9]{1,2}"),
    "year": Words(digits="[0-9]{4}"),
    "short_year": Words(digits="[0-9]{4}|[0-9]{2}"),
    "two": Words(digits="[0-9]{2}"),
    "offset": Words(digits="z|[+-][0-9]{2}(?::?[0-9]{2})?", is_text=True),
    "dated": Words(digits=rf"[0-9]{{1,2}}(?:{_ENDING}|\.)?"),
    "nth": Words(digits=rf"[0-9]{{1,2}}{_ENDING}"),
    "month_day": Words({"last day": -1, "the last day": -1}, rf"(?:the )?[0-9]{{1,2}}{_ENDING}"),
    "ordinal": Words(_ORDINALS, rf"[0-9]{_ENDING}"),
    "amount": Words(_NUMBERS | {"a": 1, "an": 1, "a couple of": 2}, "[0-9]{1,5}"),
    "interval": Words(_NUMBERS | {"other": 2}, "[0-9]{1,5}"),
    "step": Words(_NUMBERS | {"other": 2, "second": 2, "2nd": 2, "third": 3, "3rd": 3}, "[0-9]{1,5}"),
    "unit": Words(_LONG | _SHORT),
    "later": Words({"week": "week", "fortnight": "fortnight"}),
    "long_unit": Words(_LONG),
    "period": Words(_PERIODS),
    "part": Words({"morning": time(9), "afternoon": time(15), "evening": time(19), "night": time(20)}),
    "noon": Words({"noon": time(12), "midday": time(12), "midnight": time(0)}),
    "half": Words({"am": "am", "a.m": "am", "a.m.": "am", "pm": "pm", "p.m": "pm", "p.m.": "pm"}),
    "hour": Words(digits="[0-9]{1,2}"),
    "minute": Words(digits="[0-5][0-9]"),
    "bang": Words({"!": "!"}),
    "adverb": Words({
        "daily": ("day", 1), "weekly": ("week", 1), "biweekly": ("week", 2), "fortnightly": ("week", 2),
        "monthly": ("month", 1), "quarterly": ("quarter", 1), "yearly": ("year", 1), "annually": ("year", 1),
    }),
}  # fmt: skip

_DUE = "(?:due(?: date)? ?: ?|due |(?:deadline|date|when|by|on) ?: ?)"
_BY = "(?:on|by|before|no later than|not later than|starting on|starting|from) "
_ON = f"{_DUE}?(?:{_BY}|for )?"
_ON_ = f"(?:{_DUE}(?:{_BY})?|{_BY})"
_AT = f"{_DUE}?(?:(?:at|by|before|no later than|not later than|@|around|from) ?)?"
_EVERY = "(?:every|each)<bang>? "
_EACH_MONTH = "(?: (?:of|in) (?:the|every|each) month)?"
_OF_MONTH = "of (?:every|each) month"
_WEEKDAY = "(?:<named:weekday>,? )?"
_SECONDS = "(?::[0-5][0-9](?:[.,][0-9]+)?)?"
_AND = "(?:,? and |, ?| ?[&/] ?)"
_YEAR = "(?:,? <year>)?"
_WORKDAY = "(?:weekday|workday|working day|business day)"
_TIME = "[0-9]{1,2}(?:[:.][0-5][0-9])?(?: ?[ap]m)?"


def _make_phrases(kind: PhraseKind, where: Placement, rows: dict[str, str | tuple[str, ...]]) -> list[Phrase]:
    """template → resolver, or resolver with the kinds of phrases that follow."""
    found = []
    for template, row in rows.items():
        meaning, *then = (row,) if isinstance(row, str) else row
        found.append(Phrase(kind, meaning, template, where, tuple(then)))
    return found


_DATES = _make_phrases("date", Placement.ANYWHERE, {
    f"{_ON}<days:day>": "days_ahead",
    f"{_ON}<days:day> <part>": "part_of",
    "this <part>": "part_of",
    "tonight": "tonight",
    f"{_ON}(?:coming )?<weekday:clear_weekday>": "weekday",
    f"{_ON_}<weekday>": "weekday",
    f"{_ON}this <weekday>": "this_weekday",
    f"{_ON}next <weekday>": "next_weekday",
    f"{_ON}next <unit:period>": "next_period",
    f"{_ON}(?:the )?(?:start|beginning|first day) of next <unit:period>": "next_period",
    "(?:this|(?:on |at |over )the|this coming) weekend": "weekend",
    f"{_ON}next weekend": "next_weekend",
    "(?:in|within) <amount> ?<unit>": "in_units",
    "in half an hour": "half_an_hour",
    "<amount> <unit> from (?:now|today)": "in_units",
    f"{_ON}next week,?(?: on)? <weekday>": "next_weekday",
    f"{_ON}<weekday>,? (?:of )?next week": "next_weekday",
    f"{_ON_}<weekday> <unit:later>": "weekday_and",
    f"{_ON}<days:day> <unit:later>": "days_and",
    f"{_ON}(?:in )?(?:a )?<unit:later> (?:from |on )?<weekday:clear_weekday>": "weekday_and",
    f"{_ON}(?:in )?(?:a )?<unit:later> (?:from )?<days:day>": "days_and",
    f"{_ON}<named:weekday>,? the <day:nth>": "nth",
    f"{_ON}{_WEEKDAY}<year>-<month:number>-<day:number>": "day_of_month",
    f"{_ON}{_WEEKDAY}<year>/<month:number>/<day:number>": "day_of_month",
    f"{_ON}{_WEEKDAY}<year>\\.<month:number>\\.<day:number>": "day_of_month",
    f"{_ON}<year>-<month:number>-<day:number>t<hour>:<minute>{_SECONDS}(?: ?<offset>)?": "moment",
    f"{_ON}<year>-<month:number>-<day:number> <hour>:<minute>{_SECONDS} ?<offset>": "moment",
    f"{_ON}<year><month:two><day:two>t<hour:two><minute>(?:[0-5][0-9])?<offset>?": "moment",
    f"{_ON}{_WEEKDAY}<day:number>\\. ?<month:number>\\. ?<year>": "day_of_month",
    f"{_ON_}{_WEEKDAY}<day:number>\\.<month:number>\\.(?:<year:two>)?": "dotted",
    f"{_ON}{_WEEKDAY}<day:number>[-/.]<month>[-/.]<year:short_year>": "day_of_month",
    f"{_ON}{_WEEKDAY}<month>[-/.]<day:number>[-/.]<year:short_year>": "day_of_month",
    f"{_ON}{_WEEKDAY}<day:number>[-/]?<month:clear_month>": "day_of_month",
    f"{_ON}{_WEEKDAY}<day:number><month:clear_month> ?<year>": "day_of_month",
    f"{_ON}{_WEEKDAY}<first:number>-<second:number>-<year>": "numeric",
    f"{_ON}{_WEEKDAY}(?:the )?<day:dated>(?: of)? <month:clear_month>{_YEAR}": "day_of_month",
    f"{_ON}{_WEEKDAY}<month:clear_month> <day:dated>{_YEAR}": "day_of_month",
    f"{_ON_}{_WEEKDAY}(?:the )?<day:dated>(?: of)? <month>{_YEAR}": "day_of_month",
    f"{_ON_}{_WEEKDAY}<month> <day:dated>{_YEAR}": "day_of_month",
    f"{_ON}{_WEEKDAY}(?:the )?<day:nth>(?: of)? <month>": "day_of_month",
    f"{_ON}{_WEEKDAY}<month> <day:nth>": "day_of_month",
    f"{_ON}{_WEEKDAY}<day:dated> <month>,? <year>": "day_of_month",
    f"{_ON}{_WEEKDAY}<month> <day:dated>,? <year>": "day_of_month",
    f"{_ON}{_WEEKDAY}<first:number>/<second:number>/<year:short_year>": "numeric",
    f"{_ON_}{_WEEKDAY}<first:number>/<second:number>": "numeric",
    f"{_ON}(?:at )?(?:the )?(?:end|last day) of (?:the |this )?<unit:period>": "end_of",
    f"{_ON}(?:at )?(?:the )?(?:end|last day) of next <unit:period>": "end_of_next",
    f"{_ON}(?:at )?(?:the )?end of <month>{_YEAR}": "month_end",
    f"{_ON}(?:the )?(?:start|beginning) of <month>{_YEAR}": "month_start",
    f"{_ON}eom": "end_of_month",
    f"{_ON}eow": "end_of_week",
    f"{_ON}eoy": "end_of_year",
    f"{_ON}(?:eod|(?:at )?(?:the )?end of (?:the )?day)": "today",
}) + _make_phrases("date", Placement.AT_THE_END, {
    "<days:brief_day>": "days_ahead",
    "<weekday>": "weekday",
    "(?:in|during) <month>": "month_start",
    f"{_WEEKDAY}<day:dated> <month>": "day_of_month",
    f"{_WEEKDAY}<month> <day:dated>": "day_of_month",
    f"{_WEEKDAY}<first:number>/<second:number>": "numeric",
    f"{_ON}(?:the )?<day:nth>": "nth",
    f"{_ON}<named:weekday>,? <day:nth>": "nth",
    f"{_ON}<weekday> <unit:later>": "weekday_and",
    f"{_ON}{_WEEKDAY}<day:number>\\.<month:number>\\.(?:<year:two>)?": "dotted",
})  # fmt: skip

_TIMES = _make_phrases("time", Placement.ANYWHERE, {
    f"{_AT}<hour>:<minute>(?::[0-5][0-9])?(?: ?<half>)?": "clock",
    f"{_AT}<hour>(?:\\.<minute>)? ?<half>": "clock",
    "(?:at )?<hour> o'?clock": "bare_hour",
    "(?:at|by) <at:noon>": "named_time",
}) + _make_phrases("time", Placement.AT_THE_END, {
    "<at:noon>": "named_time",
    "(?:at|@) ?<hour>": "bare_hour",
    "in the <part>": "usual_time",
}) + _make_phrases("time", Placement.BESIDE, {
    "(?:in the |at )?<part>": "usual_time",
})  # fmt: skip


def _list_year_day_templates() -> list[str]:
    """`every 1 jan and 1 jul`, of up to four days, in either order."""
    found = []
    for one in ("(?:the )?<day{0}:dated>(?: of)? <month{0}:month>", "<month{0}:month> <day{0}:dated>"):
        for count in (2, 3, 4):
            days = _AND.join(one.format(number) for number in range(1, count + 1))
            found.append(f"{_EVERY}(?:year on )?{days}")
    return found


_RECURRENCES = _make_phrases("recurrence", Placement.ANYWHERE, {
    f"{_EVERY}<unit:long_unit>": "every",
    f"{_EVERY}<amount:step> ?<unit:long_unit>": "every",
    f"{_EVERY}(?:week on )?<weekday:weekdays+>": "weekdays",
    f"{_EVERY}<amount:interval> <weekday:weekdays+>": "weekdays",
    f"{_EVERY}<amount:interval> weeks? on <weekday:weekdays+>": "weekdays",
    f"{_EVERY}day (?:except|but|excluding)(?: on)? <weekday:weekdays+>": "weekdays_but",
    f"{_EVERY}{_WORKDAY}": "working_days",
    f"{_EVERY}weekend": "saturdays",
    f"{_EVERY}<ordinal+> <weekday>{_EACH_MONTH}": "nth_weekdays",
    f"{_EVERY}month on the <ordinal+> <weekday>": "nth_weekdays",
    f"{_EVERY}<amount:interval> months? on the <ordinal+> <weekday>": "nth_weekdays",
    f"(?:on )?(?:the )?<ordinal+> <weekday> {_OF_MONTH}": "nth_weekdays",
    f"{_EVERY}<ordinal+> {_WORKDAY}{_EACH_MONTH}": "nth_working_day",
    f"{_EVERY}month on the <ordinal+> {_WORKDAY}": "nth_working_day",
    f"(?:on )?(?:the )?<ordinal+> {_WORKDAY} {_OF_MONTH}": "nth_working_day",
    f"{_EVERY}<day:month_day+>{_EACH_MONTH}": "month_days",
    f"{_EVERY}month on <day:month_day+>": "month_days",
    f"{_EVERY}<amount:interval> months? on <day:month_day+>": "month_days",
    f"(?:on )?<day:month_day+> {_OF_MONTH}": "month_days",
    f"{_EVERY}(?:year on )?(?:the )?<day:dated>(?: of)? <month>": "day_of_year",
    f"{_EVERY}(?:year on )?<month> <day:dated>": "day_of_year",
    f"{_EVERY}<amount:interval> years? on (?:the )?<day:dated>(?: of)? <month>": "day_of_year",
    **dict.fromkeys(_list_year_day_templates(), "days_of_year"),
    f"{_EVERY}<first:weekdays>(?: ?[-–] ?| (?:to|through|thru) )<last:weekdays>": "weekday_range",
    f"{_EVERY}<weekday>,? the <day:nth>": "weekday_and_day",
    f"{_EVERY}<part>": "part_of_days",
    "<adverb> on <weekday:weekdays+>": "adverb",
    "<adverb> on <day:month_day+>": "adverb",
}) + _make_phrases("recurrence", Placement.AT_THE_END, {
    "<adverb>": "adverb",
    "(?:on )?<weekday:plural+>": "weekdays",
    "(?:on )?weekdays": "working_days",
})  # fmt: skip

_LIMITS = _make_phrases("limit", Placement.ANYWHERE, {
    "(?:until|till|til|through|(?:ending|ends)(?: on)?)": ("until", "date"),
    "(?:for )?<amount> times": "times",
    "for <amount> <unit>": "duration",
    "(?:after|from|since) completion": "from_completion",
})  # fmt: skip

_REMINDERS = _make_phrases("reminder", Placement.ANYWHERE, {
    "(?:remind|reminder|remind me) <amount> ?<unit> (?:before|earlier|early|ahead|prior)": "remind_before",
    "(?:remind me|remind|reminder)": ("remind_at", "date?", "time"),
})  # fmt: skip

_OTHERS = _make_phrases("ambiguous", Placement.ANYWHERE, {
    "(?:black|good) friday": "nothing",
    "(?:easter|cyber) (?:monday|sunday)": "nothing",
    "(?:palm|easter) sunday": "nothing",
    "(?:ash|spy) wednesday": "nothing",
    "(?:super|shrove|giving) tuesday": "nothing",
    "maundy thursday": "nothing",
    "(?:last|previous|past) (?:night|week|month|year|<_:weekday>)": "nothing",
}) + _make_phrases("ignored", Placement.ANYWHERE, {
    "24/7": "nothing",
    f"{_AT}{_TIME} ?(?:-|–|to) ?{_TIME}": "nothing",
})  # fmt: skip

ENGLISH = Language(
    WORDS,
    [*_DATES, *_TIMES, *_RECURRENCES, *_LIMITS, *_REMINDERS, *_OTHERS],
    separator=r"(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*[&/+]\s*)",
)
