"""Every page is reached: no other route takes what is meant for it."""

import re

import pytest
from frontend_service.web.routers import ROUTERS
from starlette.routing import Match, Route

from services.frontend.tests.fake_services import a_task

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, Route)]
VALUES = {"id": a_task()["id"], "verb": "complete", "kind": "projects"}


def path_of(route: Route) -> str:
    """An address that is meant for `route`."""
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: VALUES.get(found[1], "x"), route.path)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{sorted(route.methods or ())[0]} {route.path}")
def test_no_route_is_shadowed_by_another(route: Route) -> None:
    for method in route.methods or ():
        scope = {"type": "http", "method": method, "path": path_of(route), "root_path": "", "headers": []}
        assert next(each for each in ROUTES if each.matches(scope)[0] is Match.FULL) is route
