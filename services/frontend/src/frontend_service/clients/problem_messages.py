"""What services find wrong with a field, in words for people: no validator's phrase, no name of the API."""

import re
from collections.abc import Sequence

UNUSABLE = "This can't be used here."
_SAID: Sequence[tuple[str, str]] = (
    (r"String should have at most (\d+) characters?", r"Use at most \1 characters."),
    (r"String should have at least 1 character", "This can't be empty."),
    (r"String should have at least (\d+) characters?", r"Use at least \1 characters."),
    (r"(?:List|Tuple|Set|Dictionary) should have at most (\d+) items?.*", r"Enter at most \1."),
    (r"(?:List|Tuple|Set|Dictionary) should have at least (\d+) items?.*", r"Enter at least \1."),
    (r"Input should be less than or equal to (\S+)", r"This can be at most \1."),
    (r"Input should be greater than or equal to (\S+)", r"This must be at least \1."),
    (r"Input should be less than (\S+)", r"This must be less than \1."),
    (r"Input should be greater than (\S+)", r"This must be more than \1."),
    (r"Input should be a valid (?:date|datetime)\b.*", "This is not a date."),
    (r"Input should be in a valid (?:date|datetime) format.*", "This is not a date."),
    (r"Datetimes? .*|Dates? .*", "This is not a date."),
    (r"Input should be (?:in )?a valid time\b.*", "This is not a time of day."),
    (r"Input should be a valid (?:integer|number|decimal)\b.*", "This is not a whole number."),
    (r"Input should be a valid URL\b.*|URL .*", "This is not a web address."),
    (r"value is not a valid email address.*", "This is not an e-mail address."),
    (r"Input should be '.*", "This is not one of the choices."),
    (r"Field required", "This is required."),
    (r"due_time needs a due_date", "A time also needs a date."),
    (r"(?:Input|String|Value|List|Field|Extra inputs|Unable|Object|Decimal|JSON|Bytes|UUID)\b.*", UNUSABLE),
)
_POINTERS = re.compile(r"(?:^|(?<=; ))[/?][\w/.-]*: ")


def rephrase_detail(detail: str) -> str:
    """`detail` as it is said to people."""
    for pattern, words in _SAID:
        if found := re.fullmatch(pattern, detail, re.DOTALL):
            return found.expand(words)
    return detail


def rephrase_problem(detail: str) -> str:
    """The detail of a whole problem, each part of which may name its field by a JSON pointer."""
    if not _POINTERS.search(detail):
        return rephrase_detail(detail)
    return " ".join(dict.fromkeys(rephrase_detail(part) for part in _POINTERS.sub("", detail).split("; ")))
