"""Words and numbers other programs have for what is done and how much it matters."""

from collections.abc import Iterable, Mapping

from task_service.import_export.parsed_file import parse_integer

DONE_WORDS = frozenset(
    (
        *("done", "completed", "complete", "closed", "archived", "finished", "resolved", "checked", "true"),
        *("cancelled", "canceled", "wontdo", "won't do", "yes", "y", "x", "[x]", "on", "1", "2", "-1"),
        *("✓", "✔", "☑"),
    )
)
OPEN_WORDS = frozenset(
    (
        *("", "open", "todo", "to do", "to-do", "pending", "new", "active", "incomplete", "not started"),
        *("notstarted", "not done", "not completed", "needsaction", "needs action", "needs-action", "false"),
        *("no", "n", "0", "off", "unchecked", "normal", "[ ]", "☐"),
    )
)
_WORDS: Mapping[str, int] = {
    **dict.fromkeys(("none", "no priority", "no", "-", "p5", "lowest", "trivial"), 0),
    **dict.fromkeys(("low", "minor", "p4"), 1),
    **dict.fromkeys(("medium", "normal", "med", "moderate", "standard", "p3"), 2),
    **dict.fromkeys(("high", "important", "major", "p2"), 3),
    **dict.fromkeys(("urgent", "critical", "highest", "blocker", "asap", "very high", "do now", "p1"), 4),
}
_TICKTICK = {0: 0, 1: 1, 3: 2, 5: 3}
"""None, low, medium and high."""


class PriorityParser:
    """How the priorities of one column are counted."""

    def __init__(self, values: Iterable[str]) -> None:
        numbers = {parse_integer(value.strip()) for value in values if value.strip()}
        self._is_ticktick = 5 in numbers and numbers <= _TICKTICK.keys()

    def parse(self, text: str) -> int | None:
        """0 to 4; None for what is none."""
        word = text.strip().casefold()
        if word in _WORDS:
            return _WORDS[word]
        number = parse_integer(word.rstrip("!") or str(len(word)))
        if number is None:
            return None
        return _TICKTICK[number] if self._is_ticktick else number if 0 <= number <= 4 else None
