"""The path of one write through the packages of the service: down from the route, then down from the commit.

The calls of a real request are traced. A package that calls back into one it was called from, or that two
packages call, makes a write hard to follow: such a call fails here, and the message names it.
"""

import sys
from collections import defaultdict
from contextvars import ContextVar
from types import FrameType
from typing import Any

import pytest
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest

PACKAGE = "task_service."
VOCABULARY = {"aggregate", "errors", "events", "fractional_index", "models"}
"""Modules that say what things are, for all to use; so do models and schemas within a package."""
HANDED_IN = {"unit_of_work.unit"}
"""What a use case is given to work with; the commit is another module of that package."""
ROUTE, COMMIT = "route", "commit"
WRITES = {
    "create": ("POST", "/tasks", {"title": "milk", "labels": ["home"]}),
    "quick add": ("POST", "/tasks", {"quick": "milk tomorrow #home"}),
    "update": ("PATCH", "/tasks/{id}", {"title": "bread", "due_date": "2026-01-01"}),
    "complete": ("POST", "/tasks/{id}/complete", None),
    "delete": ("DELETE", "/tasks/{id}", None),
}

traced: ContextVar[bool] = ContextVar("traced", default=False)


class Tracer:
    """Who calls whom between packages, and from within which packages. Only in a context that is `traced`."""

    def __init__(self) -> None:
        self.callers: dict[str, set[str]] = defaultdict(set)
        self.calls_back: list[str] = []
        self._seen: dict[int, FrameType] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        entered = _package_of(frame)
        if event != "call" or not traced.get() or not entered or id(frame) in self._seen:
            return  # a coroutine that goes on is a call, too
        self._seen[id(frame)] = frame
        above = [package for package in map(_package_of, _callers_of(frame)) if package]
        if above and above[0] == entered:
            return
        self.callers[entered].add(above[0] if above else _start_of(entered))
        if entered in above:
            self.calls_back.append(f"{above[0]} calls back into {entered}: {frame.f_code.co_qualname}")


def _callers_of(frame: FrameType) -> list[FrameType]:
    found = []
    back = frame.f_back
    while back is not None:
        found.append(back)
        back = back.f_back
    return found


def _package_of(frame: FrameType) -> str:
    """Empty for what is not this service's, or only says what things are."""
    name = str(frame.f_globals.get("__name__", ""))
    if not name.startswith(PACKAGE):
        return ""
    package, _, module = name.removeprefix(PACKAGE).partition(".")
    is_vocabulary = (
        package in VOCABULARY or module in ("models", "schemas") or f"{package}.{module}" in HANDED_IN
    )
    return "" if is_vocabulary else package


def _start_of(package: str) -> str:
    """SQLAlchemy calls the unit of work, in a greenlet of its own; FastAPI calls the rest."""
    return COMMIT if package == "unit_of_work" else ROUTE


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def trace_write(task: ServiceUnderTest, what: str) -> Tracer:
    made = (await task.client.post("/tasks", json={"title": "eggs"})).json()
    method, path, body = WRITES[what]
    tracer = Tracer()
    token = traced.set(True)
    sys.setprofile(tracer)
    try:
        response = await task.client.request(method, path.format(id=made["id"]), json=body)
    finally:
        sys.setprofile(None)
        traced.reset(token)
    assert response.is_success, response.text
    return tracer


@pytest.mark.parametrize("what", WRITES)
class TestAWrite:
    async def test_never_calls_back_into_a_package_it_came_from(
        self, task: ServiceUnderTest, what: str
    ) -> None:
        assert (await trace_write(task, what)).calls_back == []

    async def test_enters_each_package_from_one_other(self, task: ServiceUnderTest, what: str) -> None:
        callers = (await trace_write(task, what)).callers
        assert {package: by for package, by in callers.items() if len(by) > 1} == {}
        assert callers["tasks"] == {ROUTE}
        assert callers["unit_of_work"] == {COMMIT}
        of_the_commit = {package for package, by in callers.items() if by == {"unit_of_work"}}
        assert of_the_commit == {"activity_log", "quotas", "search_index", "sync"}
