"""The marker syntaxes of quick add: ours, and those people bring along from Todoist and Vikunja.

Only what has a place in a task is read; a section, an assignee or a deadline stays in the title, whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SyntaxName = Literal["todo", "todoist", "vikunja"]
"""Whose signs a text has."""

MAX_NAME = 100
_BEFORE = r"(?<![^\s(])"
_BEHIND = r"(?=[\s,;.:!?)\]]|$)"
_LETTER_FIRST = r"[^\W\d_]"
_ALSO_DIGITS = rf"(?!\d{{1,2}}(?::\d\d)?(?:[ap]m)?{_BEHIND})(?=\d*[^\W\d_])[^\W_]"
"""Todoist and Vikunja know labels such as `@5min`; a time is none."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What finds the signs.

    name: with the groups `sign`, and `quoted`, `single` or `plain` for what it names.
    priority: with the group `level`.
    """

    project: str
    name: re.Pattern[str]
    priority: re.Pattern[str]
    levels: Mapping[str, int]
    """Our priority, 0 to 4, for each of theirs."""
    unread: re.Pattern[str] | None = None
    """What has no place here, and must not be read as anything else."""
    reminders: bool = False
    """Whether `!` before a moment asks to be reminded."""


def _name_pattern(
    label: str, project: str, *, quotes: str, label_begins: str = _LETTER_FIRST
) -> re.Pattern[str]:
    one, other = re.escape(label), re.escape(project)
    begins = rf"(?:(?<={one}){label_begins}|(?<={other}){_LETTER_FIRST})"
    plain = rf"(?P<plain>{begins}[^\s{one}{other}\"“”,;()\[\]]*)"
    return re.compile(rf"{_BEFORE}(?P<sign>[{one}{other}])(?:{quotes}|{plain}){_BEHIND}")


_DOUBLE = r'"(?P<quoted>[^"]+)"(?P<single>(?!))?'
_DOUBLE_OR_SINGLE = r"\"(?P<quoted>[^\"]+)\"|'(?P<single>[^'\s][^']*)'"

DIALECTS: Mapping[SyntaxName, Dialect] = {
    "todo": Dialect(
        project="+",
        name=_name_pattern("#", "+", quotes=_DOUBLE),
        priority=re.compile(rf"{_BEFORE}!(?P<level>[0-4])(?=[\s,;.:?)\]]|$)"),
        levels={str(level): level for level in range(5)},
    ),
    "todoist": Dialect(
        project="#",
        name=_name_pattern("@", "#", quotes=_DOUBLE, label_begins=_ALSO_DIGITS),
        priority=re.compile(rf"{_BEFORE}p(?P<level>[1-4]){_BEHIND}", re.I),
        levels={"1": 4, "2": 3, "3": 2, "4": 0},
        unread=re.compile(rf"{_BEFORE}(?:\{{[^{{}}]*\}}|/{_LETTER_FIRST}\S*|\+{_LETTER_FIRST}\S*)"),
        reminders=True,
    ),
    "vikunja": Dialect(
        project="+",
        name=_name_pattern("*", "+", quotes=_DOUBLE_OR_SINGLE, label_begins=_ALSO_DIGITS),
        priority=re.compile(rf"{_BEFORE}!(?P<level>[1-5])(?=[\s,;.:?)\]]|$)"),
        levels={"1": 1, "2": 2, "3": 3, "4": 4, "5": 4},
        unread=re.compile(rf"{_BEFORE}@{_LETTER_FIRST}\S*"),
    ),
}
