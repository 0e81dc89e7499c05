"""Hooks of MkDocs: pages outside of `docs/`, the API reference, and links to files that are no pages.

Documents are written to be read on GitHub, so their links are paths of the repository. On the site a link to
another page stays on the site; one to source code leads to the repository.
"""

import json
import posixpath
import re
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # MkDocs loads this file by its path

from tools.maintenance.api_reference import DOCUMENT, render_pages  # noqa: E402

AT_THE_ROOT = ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md")
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)#\s]+)(?=[)#])")


def outside_pages() -> dict[str, str]:
    """Where a page is on the site, by its path in the repository."""
    services = sorted(path.parent.name for path in (ROOT / "services").glob("*/README.md"))
    return {
        **{name: name.lower() for name in AT_THE_ROOT},
        **{f"services/{name}/README.md": f"services/{name}.md" for name in services},
    }


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for path, page in outside_pages().items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / path)))
    for page, text in render_pages(json.loads(DOCUMENT.read_text())).items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    moved = {page: path for path, page in outside_pages().items()}
    here = moved.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    repository = str(config.repo_url).rstrip("/")

    def follow(link: re.Match[str]) -> str:
        return site_link(here, page.file.src_uri, link[0], set(files.src_uris), repository)

    fences = re.sub(r"^```sh account$", '```sh title="needs an account"', markdown, flags=re.M)
    return LINK.sub(follow, fences)


def site_link(here: str, page: str, link: str, pages: set[str], repository: str) -> str:
    """Where `link` of the file `here`, shown as `page`, leads: to a page, or a file of the repository."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(here), link))
    moved = outside_pages().get(target, target.removeprefix("docs/"))
    for uri in (moved, f"{moved}/README.md"):
        if uri in pages and (target in outside_pages() or target.startswith("docs/")):
            return posixpath.relpath(uri, posixpath.dirname(page) or ".")
    kind = "tree" if (ROOT / target).is_dir() else "blob"
    return f"{repository}/{kind}/main/{target}"
