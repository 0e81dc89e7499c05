"""A phrase found in a text."""

from dataclasses import dataclass, replace
from typing import Any

from task_service.quickadd.language import PhraseKind, Placement


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A phrase in the text and what it means."""

    start: int
    end: int
    kind: PhraseKind
    placement: Placement
    value: Any
    resolver: str = ""

    @property
    def as_ambiguous(self) -> "PhraseMatch":
        """The same as what stays in the title. A time alone names no day."""
        return replace(self, kind="other" if self.kind == "time" else "doubt", placement=Placement.ANYWHERE)
