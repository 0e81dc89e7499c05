"""A cluster that only notes what it is asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from delivery.access import Access
from delivery.infrastructure_values import CONFIG_MAP
from devstack.errors import CommandError

INFRASTRUCTURE: dict[str, Any] = {
    "data": {"postgres": {"enabled": False}, "redis": {"enabled": False}},
    "todo": {
        "host": "todo.example.org",
        "global": {"image": {"registry": "registry.digitalocean.com/ours"}},
    },
}
"""What the ConfigMap of a cluster holds, by chart."""


def config_map(values: Mapping[str, Any]) -> str:
    """As kubectl prints it."""
    data = {chart: yaml.safe_dump(content) for chart, content in values.items()}
    return json.dumps({"kind": "ConfigMap", "data": data})


@dataclass(slots=True)
class Recorder:
    """Asked commands with what they were given, and the release's history it answers with.

    infrastructure: values of the ConfigMap; none, no ConfigMap.
    """

    history: list[dict[str, Any]] = field(default_factory=list)
    commands: list[tuple[str, ...]] = field(default_factory=list)
    given: list[str | None] = field(default_factory=list)
    refuses: str = ""
    infrastructure: Mapping[str, Any] | None = field(default_factory=lambda: INFRASTRUCTURE)
    applied: dict[str, Any] = field(default_factory=dict)
    """What was handed to kubectl as JSON, by its last option before `--filename`."""

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        self.commands.append(arguments)
        self.given.append(stdin)
        if self.refuses and arguments[0] == self.refuses:
            raise CommandError(f"`helm {arguments[0]}` failed")
        return json.dumps(self.history) if arguments[0] == "history" else ""

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        self.commands.append(("kubectl", *arguments))
        self.given.append(stdin)
        if stdin:
            document = json.loads(stdin)
            self.applied[arguments[arguments.index("--filename") - 1]] = document.get("items", document)
        if arguments[:3] == ("get", "configmap", CONFIG_MAP):
            return config_map(self.infrastructure) if self.infrastructure else ""
        return "some pods"

    def the(self, verb: str) -> tuple[str, ...]:
        return next(command for command in self.commands if command[0] == verb)

    def given_to(self, *beginning: str) -> str:
        """Standard input of the first command that begins so."""
        count = len(beginning)
        return next(
            stdin or ""
            for command, stdin in zip(self.commands, self.given, strict=True)
            if command[:count] == beginning
        )


@dataclass(frozen=True, slots=True)
class FakeAccess(Access):
    """`Access` to a `Recorder`."""

    recorder: Recorder = field(default_factory=Recorder)

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        return self.recorder.helm(*arguments, stdin=stdin)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.recorder.kubectl(*arguments, stdin=stdin)


def revisions(*outcomes: tuple[str, str]) -> list[dict[str, Any]]:
    """A history of status and description."""
    return [
        {"revision": number, "status": status, "description": description}
        for number, (status, description) in enumerate(outcomes, start=1)
    ]


def pairs(command: Sequence[str], flag: str) -> list[str]:
    """What follows each `flag`."""
    return [command[place + 1] for place, word in enumerate(command) if word == flag]
