"""English: what makes a day or time out of reach of quick add, and what only looks like one."""

import re

_WORD = r"(?<![^\s(\[{{,;:–—-])(?:{})"
_FULL_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FULL_MONTHS = (
    *("january", "february", "april", "june", "july", "august"),
    *("september", "october", "november", "december"),
)

MODIFIER_BEFORE = re.compile(
    r"(?:"
    + _WORD.format(
        r"(?:not|never|no|nor|neither|don't|doesn't|didn't|isn't|won't|can't|cannot|shouldn't|without|except"
        r"|excepting|excluding|but|than|unless|between|and|or|to|of|the|(?<=\s)an?|after|since|past|about|every"
        r"|each|last|previous|any|another|following|half|quarter|until|till|til|through|thru|next|w/o)"
        r"(?:\s+(?:on|at|by|the))?"
    )
    + r"|[&/+~]|[0-9]\s*[–—-])\s*\Z|[^\W_][:=–—-]\Z"
)
"""What stands before a phrase and makes it another one, or part of one: `not before friday`."""

NUMBER_PREFIX = re.compile(
    r"(?<!\S)(?:chapter|section|version|release|page|part|paragraph|article|no|nr|item|step|build|figure"
    r"|table|level|grade|task|§|v|python|node)\.?\s*\Z"
)
"""What stands before a number with dots that is no date."""

MODIFIER_AFTER = re.compile(
    r"[.,]?(?:\s+(?:onwards?|ish|ago|(?:or|and)\s+(?:later|earlier|sooner|so|after|beyond|before)"
    r"|at\s+the\s+(?:latest|earliest)|(?:to|or|and|&)\s+(?:the\s+)?[0-9])(?!\w)"
    r"|\s*[-–—~]\s*[0-9])"
)
"""What stands after a phrase and does so: `friday or later`, `3 may to 7 foo`."""

EXCEPTION_AFTER = re.compile(r",?\s+(?:but(?:\s+not)?|except(?:ing)?|excluding|unless)(?!\w)")
"""After a recurrence: an exception that rules can't express."""

CONJUNCTION = re.compile(
    r"\s*(?:[-–—~&/+]|,?\s*(?:to|until|till|til|through|thru|and|or|and/or|&|as well as|but|then|vs)(?!\w)"
    r"(?:\s+(?:on|at|the))?)\s*"
)
"""Between two phrases that are one: a range, or a choice."""

_UNIT = (
    r"(?:days?|weeks?|weekends?|months?|quarters?|years?|fortnights?|hours?|hrs?|minutes?|mins?|h|m|nights?)"
)
_DAY = "(?:mon|tues?|weds?|thu|thurs?|fri|sat|sun)(?:[a-z]*day)?s?"
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
UNIT_BEFORE = re.compile(rf"(?<!\w)(?:{_UNIT}|eve)\s*\Z")
"""What stands before `from friday` or `before friday` and counts from there: `2 weeks from friday`."""

DATE_LIKE = re.compile(
    _WORD.format(
        rf"""(?:fortnight|weekends?|christmas|xmas|easter|halloween|thanksgiving|hogmanay|hanukkah|ramadan|diwali
        |new\ year(?:'?s)?|valentine'?s|midweek|doomsday|someday|overmorrow|ereyesterday
        |(?:this|next|coming|following|previous|last|past|in|over)\s+(?:the\s+)?(?:\d+\s+|few\s+|couple\s+of\s+)?
         (?:{_UNIT}|semester|term|spring|summer|autumn|fall|winter|season)
        |next\s+(?:we+[eka]*k|m[onth]{{2,4}}|y[ear]{{2,4}})
        |every!?\s+(?:\S{{1,12}}\s+)?(?:{_UNIT}|secs?|seconds?)
        |in\s+\d+\s*[^\W\d_]+
        |(?:\d+|an?|one|two|three|few)\s+{_UNIT}\s+(?:ago|before|after|later|earlier|hence|from|time)
        |(?:week|kw|cw|wk)\s*\d{{1,2}}|q[1-4]|[1-4]q|h[12]\s+\d{{4}}
        |\d{{1,2}}(?:st|nd|rd|th)
        |\d{{1,2}}\s?[-–]\s?\d{{1,2}}(?:st|nd|rd|th)
        |\d{{1,2}}(?:st|nd|rd|th)?\s?[-–]\s?\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}
        |{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\s?[-–]\s?\d{{1,2}}(?:st|nd|rd|th)?
        |{_DAY}\s?[-–—/&+]\s?{_DAY}
        |(?:eo[dwmqy]|asap))(?!\w)"""
    ),
    re.X,
)
"""Words for days that no phrase reads."""

NAMES = frozenset({*_FULL_WEEKDAYS, *_FULL_MONTHS, "today", "tomorrow", "yesterday", "tonight", "tmrw"}) | {
    f"{name}s" for name in _FULL_WEEKDAYS
}
LONG_NAMES = (
    *_FULL_WEEKDAYS,
    *(name for name in _FULL_MONTHS if len(name) > 4),
    "today",
    "tomorrow",
    "tonight",
)
TYPOS = frozenset(
    [
        "tomo",
        "tomoz",
        "tommo",
        "tmro",
        "tmoro",
        "tmorow",
        "tmorrow",
        "tomrw",
        "tommrow",
        "2moro",
        "2morow",
        "2morrow",
        "2mrw",
        "2mro",
        "2day",
        "2nite",
        "2night",
        "tonite",
        "todat",
        "todya",
        "tody",
        "toda",
        "jaunary",
        "wensday",
        "wendsday",
        "wensdy",
        "wedsday",
        "weds",
        "thurdsay",
        "jully",
        "sept.",
        "tomorrrow",
        "yday",
        "fryday",
        "frday",
        "frida",
        "mondy",
        "sunda",
        "tusday",
        "tuesdy",
        "thrusday",
        "thursdy",
        "saterday",
        "saturdy",
        "sundy",
    ]
)
"""Those too short, or too far from the word, to be found by their letters."""
NOT_TYPOS = frozenset(
    [
        "sundae",
        "sundry",
        "sundays",
        "toady",
        "toddy",
        "money",
        "monkey",
        "mandy",
        "honda",
        "maundy",
        "frida",
        "sandy",
        "sunny",
        "toby",
        "total",
        "august",
        "today",
        "stay",
        "modal",
        "noday",
        "fray",
        "aerial",
        "spiral",
    ]
)
SENTENCE_STARTS = frozenset({"do", "so"})
"""Short names of days elsewhere that begin a sentence in English."""
