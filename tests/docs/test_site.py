"""The documentation site builds without a warning, and its links lead where those of the repository do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tools.maintenance.site import site_link

REPOSITORY = "https://example.org/todo"
PAGES = {"KAFKA.md", "decisions/README.md", "decisions/0001-a.md", "contributing.md", "services/task.md"}
DIATAXIS = ["Tutorial", "How-to guides", "Reference", "Explanation"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the site, and what MkDocs said."""
    folder = tmp_path_factory.mktemp("site")
    mkdocs = str(Path(sys.executable).with_name("mkdocs"))
    command: list[str | Path] = [
        mkdocs,
        "build",
        "--strict",
        "--site-dir",
        folder,
    ]  # --quiet unmakes --strict
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "REPOSITORY_URL": REPOSITORY}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout + done.stderr


class TestSite:
    def test_builds_without_a_warning(self, built: tuple[Path, str]) -> None:
        assert [line for line in built[1].splitlines() if not line.startswith("INFO ")] == []

    def test_has_the_four_kinds_of_documents(self, built: tuple[Path, str]) -> None:
        page = (built[0] / "index.html").read_text()
        tabs = re.findall(r'class="md-tabs__link"[^>]*>\s*([^<]+?)\s*<', page)
        assert tabs == ["Home", *DIATAXIS]

    def test_draws_its_diagrams(self, built: tuple[Path, str]) -> None:
        assert (built[0] / "architecture" / "index.html").read_text().count('class="mermaid"') == 4

    def test_leads_to_source_code_in_the_repository(self, built: tuple[Path, str]) -> None:
        page = (built[0] / "follow-a-request" / "index.html").read_text()
        assert f'href="{REPOSITORY}/blob/main/services/task/src/task_service/tasks/routes.py"' in page

    def test_loads_nothing_from_others(self, built: tuple[Path, str]) -> None:
        page = (built[0] / "index.html").read_text()
        assert not re.findall(
            r'<(?:script|link)[^>]+(?:src|href)="https?://(?!example\.org)[^"]+\.(?:js|css)', page
        )


@pytest.mark.parametrize(
    ("here", "page", "link", "expected"),
    [
        ("docs/DAPR.md", "DAPR.md", "KAFKA.md", "KAFKA.md"),
        ("docs/DAPR.md", "DAPR.md", "decisions/0001-a.md", "decisions/0001-a.md"),
        ("docs/DAPR.md", "DAPR.md", "../CONTRIBUTING.md", "contributing.md"),
        ("docs/DAPR.md", "DAPR.md", "../libs/contracts", f"{REPOSITORY}/tree/main/libs/contracts"),
        ("docs/decisions/0001-a.md", "decisions/0001-a.md", "../KAFKA.md", "../KAFKA.md"),
        ("services/task/README.md", "services/task.md", "../../docs/KAFKA.md", "../KAFKA.md"),
        ("CONTRIBUTING.md", "contributing.md", "docs/decisions", "decisions/README.md"),
        ("CONTRIBUTING.md", "contributing.md", "Makefile", f"{REPOSITORY}/blob/main/Makefile"),
    ],
)
def test_links_lead_where_those_of_the_repository_do(here: str, page: str, link: str, expected: str) -> None:
    assert site_link(here, page, link, PAGES, REPOSITORY) == expected
