"""A phrase found in a text."""

from dataclasses import dataclass, replace
from typing import Any

from task_service.quickadd.language import Kind, Where


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in the text and what it means."""

    start: int
    end: int
    kind: Kind
    where: Where
    value: Any
    meaning: str = ""

    @property
    def doubted(self) -> "Found":
        """The same as what stays in the title. A time alone names no day."""
        return replace(self, kind="other" if self.kind == "time" else "doubt", where=Where.ANYWHERE)
