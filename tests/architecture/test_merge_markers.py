"""No tracked file holds what git leaves in one that it could not merge."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, tracked

MARKER = re.compile(rb"^(?:<{7}|\|{7}|>{7})(?: |\r?$)", re.M)
"""The line of equals signs between the sides underlines headings too; it never comes without these."""


def find_markers(content: bytes) -> list[str]:
    return [found.decode() for found in MARKER.findall(content)]


def test_are_in_no_file() -> None:
    files = [path for path in tracked() if path.is_file() and not path.is_symlink()]
    assert len(files) > 1000
    assert [str(path.relative_to(ROOT)) for path in files if find_markers(path.read_bytes())] == []


@pytest.mark.parametrize("side", ["<", "|", ">"])
def test_are_found_on_each_side(side: str, tmp_path: Path) -> None:
    half_merged = tmp_path / "half_merged.py"
    half_merged.write_text(f"first = 1\n{side * 7} HEAD\nsecond = 2\n")
    assert find_markers(half_merged.read_bytes()) == [f"{side * 7} "]


def test_are_not_taken_for_headings_or_operators() -> None:
    assert find_markers(b"Title\n=======\n\nx <<<<<<< y\n>>>>>>>>>> eight and more\n") == []
