"""Aggregates change themselves, and one unit of work writes what follows (decision 38)."""

import ast
from collections.abc import Iterator

import pytest
from task_service.models import Label, Project, SavedFilter, Task

from tests.architecture.sources import ROOT, Module, production

SOURCE = "services/task/src/task_service/"
TASK_SERVICE = [module for module in production("services") if module.service == "task"]
AGGREGATES = (Task, Project, Label, SavedFilter)
COLUMNS = {name for model in AGGREGATES for name in model.model_fields}
COLUMNS -= {"id", "done", "created_at", "time_zone"}
"""Import jobs and calendar feeds, which are no aggregates, have such columns, too."""
NAMES = {model.__name__ for model in AGGREGATES}
DEFERS_ROWS = {"unit_of_work/written", "unit_of_work/session", "search_index/recorder", "quotas/recorder"}


def place(module: Module) -> str:
    return module.name.removeprefix(SOURCE).removesuffix(".py")


def assigned(module: Module) -> Iterator[str]:
    """Names of attributes that are set, `self`'s left out."""
    for node in ast.walk(ast.parse(module.text)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr if ast.unparse(node.value) != "self" else ""


def listened_to(module: Module) -> Iterator[str]:
    """What events are listened for, by its name in the code."""
    for node in ast.walk(ast.parse(module.text)):
        if isinstance(node, ast.Call) and node.args:
            is_listening = ast.unparse(node.func).endswith((".listens_for", ".listen"))
            yield ast.unparse(node.args[0]) if is_listening else ""


@pytest.mark.parametrize("module", TASK_SERVICE, ids=lambda module: module.name)
class TestAggregate:
    def test_is_changed_by_its_own_methods(self, module: Module) -> None:
        if NAMES & {name.rpartition(".")[2] for name in module.imports()}:
            assert not COLUMNS & set(assigned(module))

    def test_raises_its_version_in_one_place(self, module: Module) -> None:
        if place(module) != "aggregate":
            assert "version +=" not in module.text
            assert "version + 1" not in module.text


@pytest.mark.parametrize("module", TASK_SERVICE, ids=lambda module: module.name)
class TestUnitOfWork:
    def test_alone_defers_rows(self, module: Module) -> None:
        if place(module) not in DEFERS_ROWS:
            assert not [name for name in module.imports() if name.endswith("deferred_inserts.defer_rows")]

    def test_alone_turns_domain_events_into_events_of_the_contract(self, module: Module) -> None:
        if place(module) != "unit_of_work/written":
            assert "task_service.events.contract_event" not in set(module.imports())
            assert ".collect_events()" not in module.text


@pytest.mark.parametrize("module", production("libs", "services"), ids=lambda module: module.name)
def test_nothing_listens_to_every_session(module: Module) -> None:
    """It would change sessions of whoever imports the module, tests and tools included."""
    assert not {"Session", "AsyncSession", "SessionTransaction"} & set(listened_to(module))


def handlers_without_collect_early(text: str) -> list[str]:
    """Handlers of events whose last statement is another one."""
    return [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.AsyncFunctionDef)
        and any(ast.unparse(each).startswith("subscriptions.on(") for each in node.decorator_list)
        and ast.unparse(node.body[-1]) != "collect_early(received.session)"
    ]


class TestEventHandlers:
    """What one causes is recorded in the trace of its event, which ends before the commit."""

    def test_end_with_collect_early(self) -> None:
        text = (ROOT / "services/task/src/task_service/subscriptions.py").read_text()
        assert text.count("@subscriptions.on(") >= 2
        assert handlers_without_collect_early(text) == []

    def test_that_end_otherwise_are_found(self) -> None:
        text = (
            "@subscriptions.on(A)\nasync def on_a(received):\n    collect_early(received.session)\n    pass"
        )
        assert handlers_without_collect_early(text) == ["on_a"]
