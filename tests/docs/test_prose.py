"""Documents and code are spelt right, and documents use the words of the glossary.

The rules lie in `.vale`, so that editors show them. Vale itself is no part of the tests, since it takes a
quarter of an hour to build where its releases can't be downloaded; its substitutions are regular expressions,
which are applied here.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.architecture.sources import ROOT, tracked

TERMS: dict[str, str] = yaml.safe_load((ROOT / ".vale" / "Todo" / "Terms.yml").read_text())["swap"]
NO_PROSE = re.compile(r"^```.*?^```|`[^`\n]*`|\]\([^)]*\)", re.M | re.S)
QUOTED = {"docs/glossary.md", "docs/quick-add.md", "docs/filters.md"}
"""Documents that name other words, or say what people write."""


def documents() -> list[str]:
    paths = [str(path.relative_to(ROOT)) for path in tracked("*.md")]
    return [path for path in paths if "reports" not in path and path not in QUOTED]


def findings(text: str) -> Iterator[str]:
    """Words another one stands for, with their line; code, blocks and the targets of links are left out."""
    prose = NO_PROSE.sub(lambda found: re.sub(r"[^\n]", "·", found[0]), text)
    for wrong, right in TERMS.items():
        for found in re.finditer(rf"\b(?:{wrong})\b", prose, re.I):
            line = prose.count("\n", 0, found.start()) + 1
            yield f"line {line}: write {right!r}, not {found[0]!r}"
    for found in re.finditer(r"\b([A-Za-z]+)[ \n]\1\b", prose):
        yield f"line {prose.count(chr(10), 0, found.start()) + 1}: {found[1]!r} is repeated"


@pytest.mark.parametrize("path", documents())
def test_words_are_those_of_the_glossary(path: str) -> None:
    assert not list(findings((ROOT / path).read_text()))


class TestFindings:
    def test_are_words_that_have_a_better_one(self) -> None:
        assert list(findings("One.\nIt is tried again\n")) == ["line 2: write 'retried', not 'tried again'"]

    def test_are_words_written_twice(self) -> None:
        assert list(findings("the the")) == ["line 1: 'the' is repeated"]

    @pytest.mark.parametrize("text", ["`tried again`", "```\ntried again\n```", "[a](doors.md)", "outdoors"])
    def test_are_none_in_code_links_and_parts_of_words(self, text: str) -> None:
        assert not list(findings(text))


def typos(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("typos"))
    command: list[str | Path] = [program, "--format", "brief", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


class TestSpelling:
    def test_is_right_everywhere(self) -> None:
        done = typos()
        assert done.returncode == 0, done.stdout + done.stderr

    def test_is_found_wrong(self, tmp_path: Path) -> None:
        wrong = tmp_path / "page.md"
        wrong.write_text(f"It is {'het'[::-1]} end.\n")
        assert "the" in typos(wrong).stdout
