"""The commands that documents tell people to type."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\S*)([^\n]*)\n(.*?)^```", re.M | re.S)
SHELL = ("", "sh")
INLINE = re.compile(r"`((?:make|helm|kubectl|uv|terraform|doctl|gh) [^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a block. needs_account: whether its block is marked so; in a sentence it needn't be."""

    words: list[str]
    needs_account: bool

    @property
    def program(self) -> str:
        return self.words[0]

    @property
    def flags(self) -> set[str]:
        own = self.words[: self.words.index("--")] if "--" in self.words else self.words
        return {word.partition("=")[0] for word in own if word.startswith("--")}

    def __str__(self) -> str:
        return shlex.join(self.words)


def commands(path: Path) -> list[Command]:
    """Of every block of shell and every sentence; lines that end with a backslash are one."""
    text = path.read_text()
    found = [Command(shlex.split(line), True) for line in INLINE.findall(FENCE.sub("", text))]
    for language, marks, block in FENCE.findall(text):
        if language in SHELL:
            lines = block.replace("\\\n", " ").splitlines()
            words = [shlex.split(line, comments=True) for line in lines]
            found += [Command(each, "account" in marks) for each in words if each]
    return found
