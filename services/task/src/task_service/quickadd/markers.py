"""Parses markers: `#label`, `+project`, `!priority`, or as another program writes them.

A name begins with a letter and ends with white space, or stands in quotes. So `#123`, `C#`, `+1` and
`!important` are plain text.
"""

import re
from dataclasses import dataclass, field

from task_service.quickadd.dialects import MAX_NAME, Dialect
from task_service.quickadd.text import TextSpan

_PUNCTUATION = ".,;:!?'’"


@dataclass(slots=True)
class ParsedMarkers:
    """What the signs say; of several projects or priorities the last one counts."""

    labels: list[str] = field(default_factory=list)
    project: str | None = None
    priority: int = 0
    spans: list[TextSpan] = field(default_factory=list)


def parse_markers(text: str, visible: str, dialect: Dialect) -> ParsedMarkers:
    """The signs in `text`; `visible` is the same with what is never read taken out of sight."""
    found = ParsedMarkers()
    projects: list[tuple[str, TextSpan]] = []
    for match in dialect.name.finditer(text):
        if visible[match.start()] != match["sign"]:
            continue
        name, end = _parse_name(match)
        if not name or len(name) > MAX_NAME:
            continue
        if match["sign"] == dialect.project:
            projects.append((name, TextSpan(match.start(), end, "project")))
        else:
            found.labels.append(name)
            found.spans.append(TextSpan(match.start(), end, "label"))
    priorities = [
        (dialect.levels[each["level"]], TextSpan(*each.span(), "priority"))
        for each in dialect.priority.finditer(visible)
    ]
    for project, span in projects[-1:]:
        found.project = project
        found.spans.append(span)
    for level, span in priorities[-1:]:
        found.priority = level
        found.spans.append(span)
    found.labels = list(dict.fromkeys(found.labels))
    return found


def _parse_name(match: re.Match[str]) -> tuple[str, int]:
    quoted = match["quoted"] or match["single"]
    if quoted is not None:
        return " ".join(quoted.split()), match.end()
    name = match["plain"].rstrip(_PUNCTUATION)
    return name, match.start("plain") + len(name)
