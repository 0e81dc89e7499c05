"""What services find wrong with a field, in words for people: no validator's phrase, no name of the API."""

import re
from collections.abc import Sequence

UNUSABLE = "This can't be used here."
_SAID: Sequence[tuple[str, str]] = (
    (r"String should have at most (\d+) characters?", r"There is room for at most \1 characters."),
    (r"String should have at least 1 character", "Something has to be written here."),
    (r"String should have at least (\d+) characters?", r"It takes at least \1 characters."),
    (r"(?:List|Tuple|Set|Dictionary) should have at most (\d+) items?.*", r"At most \1 fit here."),
    (r"(?:List|Tuple|Set|Dictionary) should have at least (\d+) items?.*", r"It takes at least \1."),
    (r"Input should be less than or equal to (\S+)", r"It is at most \1."),
    (r"Input should be greater than or equal to (\S+)", r"It is at least \1."),
    (r"Input should be less than (\S+)", r"It is less than \1."),
    (r"Input should be greater than (\S+)", r"It is more than \1."),
    (r"Input should be a valid (?:date|datetime)\b.*", "This is no date."),
    (r"Input should be in a valid (?:date|datetime) format.*", "This is no date."),
    (r"Datetimes? .*|Dates? .*", "This is no date."),
    (r"Input should be (?:in )?a valid time\b.*", "This is no time of day."),
    (r"Input should be a valid (?:integer|number|decimal)\b.*", "This is no whole number."),
    (r"Input should be a valid URL\b.*|URL .*", "This is no web address."),
    (r"value is not a valid email address.*", "This is no e-mail address."),
    (r"Input should be '.*", "This is none of the choices."),
    (r"Field required", "This is needed."),
    (r"due_time needs a due_date", "A time needs a date, too."),
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
