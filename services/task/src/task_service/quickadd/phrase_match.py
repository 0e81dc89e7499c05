"""A phrase that was matched in a text."""

from dataclasses import dataclass, replace
from typing import Any

from task_service.quickadd.language import PhraseKind, Placement


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A phrase in the text and the value it resolves to."""

    start: int
    end: int
    kind: PhraseKind
    placement: Placement
    value: Any
    resolver: str = ""

    @property
    def as_ambiguous(self) -> "PhraseMatch":
        """The same phrase as ambiguous: it stays in the title. A time names no day, so it is ignored."""
        return replace(
            self, kind="ignored" if self.kind == "time" else "ambiguous", placement=Placement.ANYWHERE
        )
