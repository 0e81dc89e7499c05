"""Text out of HTML, as far as notes of tasks have it."""

import html
import re

_BREAKS = re.compile(r"(?:</(?:p|div|li|h[1-6]|tr)>)+|<br ?/?>", re.I)
_TICKED = re.compile(r'<li\b[^<>]{0,500}?data-checked="(true|false)"[^<>]{0,500}>', re.I)
_TAGS = re.compile(r"<[^<>]*>")


def strip_html(text: str) -> str:
    """`text` without its tags; lines that can be ticked begin with `[x]` or `[ ]`."""
    if not text.lstrip().startswith("<"):
        return text
    ticked = _TICKED.sub(lambda match: "[x] " if match[1].lower() == "true" else "[ ] ", text)
    lines = html.unescape(_TAGS.sub("", _BREAKS.sub("\n", ticked))).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip()
