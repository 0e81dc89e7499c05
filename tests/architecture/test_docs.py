"""What the documents say is there, is there."""

import re
from pathlib import Path

import pytest

from tests.architecture.commands import FENCE
from tests.architecture.sources import ROOT, tracked

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)\)")
STOP = re.compile(r"\]\(([^)]+\.py)\) `(\w+)`")


def documents() -> list[Path]:
    return [path for path in tracked("*.md") if "reports" not in path.parts]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    links = [link for link in LINK.findall(path.read_text()) if not link.startswith(("http", "mailto"))]
    assert not [link for link in links if not (path.parent / link).exists()]


def test_stops_of_a_request_exist() -> None:
    path = ROOT / "docs" / "follow-a-request.md"
    stops = STOP.findall(path.read_text())
    assert len(stops) >= 9
    for file, name in stops:
        assert re.search(rf"\b(def|class) {name}\b", (path.parent / file).read_text()), (file, name)


def test_decisions_say_what_enforces_them() -> None:
    for path in (ROOT / "docs" / "decisions").glob("0*.md"):
        text = path.read_text()
        assert "**Status**" in text
        assert "**Enforced by**" in text
        named = re.findall(
            r"`((?:libs|tests|services)/[\w/.]+?)(?:::\w+)?`", text.partition("**Enforced by**")[2]
        )
        assert not [name for name in named if not (ROOT / name).exists()]
        assert path.name in (path.parent / "README.md").read_text()


def test_rules_of_events_name_their_tests() -> None:
    text = (ROOT / "docs" / "KAFKA.md").read_text()
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "system").glob("test_*.py"))
    for name in re.findall(r"`(Test\w+)`", text):
        assert f"class {name}" in tests


def test_verbs_in_documents_are_verbs_of_the_makefile() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for path in documents():
        used = set(re.findall(r"`?make ([a-z][a-z-]*)\b", "\n".join(_code(path.read_text()))))
        assert used <= verbs, path


def _code(text: str) -> list[str]:
    blocks = [block for _, _, block in FENCE.findall(text)]
    return [*blocks, *re.findall(r"`[^`\n]+`", FENCE.sub("", text))]
