"""A cluster that only notes what it is asked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from delivery.access import Access
from devstack.errors import CommandError


@dataclass(slots=True)
class Recorder:
    """Asked commands, and the release's history it answers with."""

    history: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    refuses: str = ""

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        self.asked.append(arguments)
        if self.refuses and arguments[0] == self.refuses:
            raise CommandError(f"`helm {arguments[0]}` failed")
        return json.dumps(self.history) if arguments[0] == "history" else ""

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        self.asked.append(("kubectl", *arguments))
        return "some pods"

    def the(self, verb: str) -> tuple[str, ...]:
        return next(command for command in self.asked if command[0] == verb)


@dataclass(frozen=True, slots=True)
class FakeAccess(Access):
    """`Access` to a `Recorder`."""

    recorder: Recorder = field(default_factory=Recorder)

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        return self.recorder.helm(*arguments, stdin=stdin)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.recorder.kubectl(*arguments, stdin=stdin)


def revisions(*told: tuple[str, str]) -> list[dict[str, Any]]:
    """A history of status and description."""
    return [
        {"revision": number, "status": status, "description": description}
        for number, (status, description) in enumerate(told, start=1)
    ]


def pairs(command: Sequence[str], flag: str) -> list[str]:
    """What follows each `flag`."""
    return [command[place + 1] for place, word in enumerate(command) if word == flag]
