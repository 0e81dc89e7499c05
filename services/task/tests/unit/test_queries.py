"""What the queries of lists promise beyond what the API shows."""

from dataclasses import replace
from typing import Any

from task_service.tasks import queries
from task_service.tasks.queries import ListParams

from servicekit.security.auth import Principal

ADA = Principal("ada", "user", "UTC", "", 0)


class TestCursorScope:
    def test_cursors_of_replicas_before_this_name_are_read(self) -> None:
        params = ListParams(filter='label = "x"', q=None, sort="due", saved=None, trash=True)
        assert queries._cursor_scope(ADA, params) == (
            "tasks ada Asked(filter='label = \"x\"', q=None, sort='due', saved=None, trash=True)"
        )

    def test_each_parameter_makes_another_list(self) -> None:
        lists: list[dict[str, Any]] = [
            {"filter": "done"},
            {"q": "milk"},
            {"sort": "due"},
            {"saved": "today"},
            {"trash": True},
        ]
        scopes = {queries._cursor_scope(ADA, replace(ListParams(), **each)) for each in lists}
        assert len(scopes | {queries._cursor_scope(ADA, ListParams())}) == len(lists) + 1
