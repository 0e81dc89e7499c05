"""Every operation of the API has a page, or docs/pages.md says why not."""

import json
import re

from frontend_service.gateway.upstreams import SPECIFICATION
from frontend_service.web.routers import ROUTERS
from starlette.routing import Route

from tests.architecture.sources import ROOT

ROW = re.compile(r"^\| `([A-Z]+ /\S*)` \| (?:`(/\S*)`|none(?: yet)?: (.{10,}?)) \|$", re.M)
METHODS = {"get", "post", "put", "patch", "delete"}


def rows() -> list[tuple[str, str, str]]:
    """Operation, page, reason; one of the latter two is empty."""
    return ROW.findall((ROOT / "docs" / "pages.md").read_text())


def operations() -> list[str]:
    paths = json.loads(SPECIFICATION.read_text())["paths"]
    return [f"{verb.upper()} {path}" for path, verbs in paths.items() for verb in verbs if verb in METHODS]


class TestPagesOfOperations:
    def test_are_told_for_each_once(self) -> None:
        assert sorted(operation for operation, *_ in rows()) == sorted(operations())

    def test_are_there(self) -> None:
        pages = {route.path for router in ROUTERS for route in router.routes if isinstance(route, Route)}
        assert {page for _, page, _ in rows() if page} <= pages

    def test_leave_no_row_unread(self) -> None:
        lines = (ROOT / "docs" / "pages.md").read_text().splitlines()
        assert len([line for line in lines if line.startswith("| `")]) == len(rows())
