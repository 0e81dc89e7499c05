"""The documentation site builds without a warning, and its links lead where those of the repository do."""

import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import ROOT
from tools.maintenance.api_reference import DOCUMENT, page_of
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

    @pytest.mark.parametrize("page", ["", "api", "api/tasks", "api/schemas"])
    def test_loads_nothing_from_others(self, built: tuple[Path, str], page: str) -> None:
        text = (built[0] / page / "index.html").read_text()
        assert not re.findall(
            r'<(?:script|link)[^>]+(?:src|href)="https?://(?!example\.org)[^"]+\.(?:js|css)', text
        )


API: dict[str, Any] = json.loads(DOCUMENT.read_text())
OPERATIONS: dict[str, dict[str, Any]] = {
    each["operationId"]: each
    for section in ("paths", "webhooks")
    for methods in API[section].values()
    for each in methods.values()
}


def section_of(text: str, name: str) -> str:
    """The text of a page from the heading `name` to the next one, as it is read."""
    found = re.search(rf'<h2 id="{name}">(.*?)(?=<h2|</article>)', text, re.S)
    assert found, f"no heading {name}"
    return html.unescape(re.sub(r"<[^>]+>", "", found[1]))


class TestApiReference:
    @pytest.mark.parametrize("name", OPERATIONS)
    def test_shows_each_operation_whole(self, built: tuple[Path, str], name: str) -> None:
        operation = OPERATIONS[name]
        page = built[0] / "api" / page_of(operation["tags"][0]).removesuffix(".md") / "index.html"
        text = section_of(page.read_text(), name)
        assert operation["summary"] in text
        codes = [each for found in operation.get("x-problem-codes", {}).values() for each in found]
        parameters = [
            each.get("name") or API["components"]["parameters"][each["$ref"].rpartition("/")[2]]["name"]
            for each in operation.get("parameters", ())
        ]
        statuses = [f"Response {status}" for status in operation["responses"] if status < "400"]
        assert not [each for each in (*codes, *parameters, *statuses) if each not in text]
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            for content in body.get("content", {}).values():
                example = content.get("example", "")
                shown = (
                    example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
                )
                assert shown in text

    def test_shows_each_schema_with_its_fields(self, built: tuple[Path, str]) -> None:
        text = (built[0] / "api" / "schemas" / "index.html").read_text()
        for schema in API["components"]["schemas"].values():
            section = section_of(text, schema["title"])
            fields = schema.get("properties") or schema["discriminator"]["mapping"]
            assert not [each for each in fields if each not in section], schema["title"]

    def test_lists_each_code_with_its_operations(self, built: tuple[Path, str]) -> None:
        text = (built[0] / "api" / "errors" / "index.html").read_text()
        for operation in OPERATIONS.values():
            for status, codes in operation.get("x-problem-codes", {}).items():
                assert not [code for code in codes if status not in section_of(text, code)]
        assert "List tasks, Read a task" in section_of(text, "fields-invalid")


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
