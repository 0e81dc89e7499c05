"""CHANGELOG.md in the form of Keep a Changelog, and versions in the form of Semantic Versioning."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Self

UNRELEASED = "## [Unreleased]"
HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\d{4}-\d\d-\d\d))?$", re.M)
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


class Version(NamedTuple):
    """A released version; pre-releases are not made here."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `ValueError` if `text` is no `MAJOR.MINOR.PATCH`."""
        found = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text)
        if found is None:
            raise ValueError(f"{text!r} is not a version; write MAJOR.MINOR.PATCH, such as 1.4.0.")
        return cls(*map(int, found.groups()))

    def allows_breaks_since(self, last: "Version") -> bool:
        """Whether it may break clients of `last`: a new major version, below 1.0.0 a new minor one."""
        return self.major > last.major or (last.major == 0 and self.minor > last.minor)

    def allows_additions_since(self, last: "Version") -> bool:
        return (self.major, self.minor) > (last.major, last.minor)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class Changelog:
    text: str

    def versions(self) -> list[Version]:
        """Released versions, newest first as they stand."""
        return [Version.parse(found["name"]) for found in HEADING.finditer(self.text) if found["date"]]

    def unreleased(self) -> str:
        """What stands under *Unreleased*; raises `ValueError` if there is no such heading."""
        if UNRELEASED not in self.text:
            raise ValueError(f"CHANGELOG.md has no heading {UNRELEASED!r}.")
        rest = self.text.partition(UNRELEASED)[2]
        following = HEADING.search(rest)
        return (rest[: following.start()] if following else rest).strip()

    def kinds(self) -> Iterator[str]:
        """The kinds of change under *Unreleased* that have an entry."""
        for part in re.split(r"^### ", self.unreleased(), flags=re.M)[1:]:
            heading, _, entries = part.partition("\n")
            if entries.strip():
                yield heading.strip()

    def release(self, version: Version, on: date) -> "Changelog":
        """With a heading of its own for what was unreleased."""
        heading = f"{UNRELEASED}\n\n## [{version}] - {on.isoformat()}"
        return Changelog(self.text.replace(UNRELEASED, heading, 1))
