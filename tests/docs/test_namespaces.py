"""What people type names no namespace of ours: it is another one in each environment, and in a variable."""

import re
from pathlib import Path

import pytest

from devstack.paths import ROOT
from tests.monitoring.namespaces import find_in_text

PAPERS = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", *(ROOT / "services").glob("*/README.md")])
USE = re.compile(r"(?:-n|--namespace)[ =]\$NAMESPACE")
VALUE = re.compile(r"NAMESPACE=(production|staging)\b")


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_says_what_the_variable_is_and_uses_it(path: Path) -> None:
    text = path.read_text()
    assert find_in_text(text) == []
    if USE.search(text):
        assert VALUE.search(text), "the document uses $NAMESPACE and doesn't say what it is"
