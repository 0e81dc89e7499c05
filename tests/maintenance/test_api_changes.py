"""Which changes of an operation or an event break somebody."""

from copy import deepcopy
from typing import Any

import pytest

from tools.maintenance.api_changes import event_changes, openapi_changes

STRING = {"type": "string"}
TASK = {"type": "object", "properties": {"title": STRING, "done": {"type": "boolean"}}, "required": ["title"]}

OPERATION: dict[str, Any] = {
    "parameters": [
        {"in": "path", "name": "task_id", "required": True, "schema": STRING},
        {"in": "query", "name": "q", "schema": STRING},
        {"in": "header", "name": "If-Match", "schema": STRING},
    ],
    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Task"}}}},
    "responses": {
        "200": {
            "headers": {"ETag": {"schema": STRING}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Task"}}},
        },
        "404": {"description": "gone"},
    },
    "security": [{"token": ["tasks:write"]}],
}
OLD = {"paths": {"/tasks/{task_id}": {"patch": OPERATION}}, "components": {"schemas": {"Task": TASK}}}
WHERE = "PATCH /tasks/{task_id}"


def changed(path: str, value: Any = None) -> list[str]:
    """What breaks after `value` was put at `path` of the operation; None takes it away."""
    new: dict[str, Any] = deepcopy(OLD)
    target = new["paths"]["/tasks/{task_id}"]["patch"]
    *steps, last = path.split("/")
    for step in steps:
        target = target[int(step) if isinstance(target, list) else step]
    key = int(last) if isinstance(target, list) else last
    if value is None:
        del target[key]
    else:
        target[key] = value
    return list(openapi_changes(OLD, new))


class TestOperations:
    def test_that_stay_break_nobody(self) -> None:
        assert list(openapi_changes(OLD, deepcopy(OLD))) == []

    def test_removed_break(self) -> None:
        assert list(openapi_changes(OLD, {"paths": {"/tasks/{task_id}": {}}})) == [f"{WHERE}: removed"]

    def test_added_break_nobody(self) -> None:
        assert list(openapi_changes({"paths": {}}, OLD)) == []

    def test_may_name_their_path_parameters_otherwise(self) -> None:
        new: dict[str, Any] = deepcopy(OLD)
        new["paths"]["/tasks/{id}"] = new["paths"].pop("/tasks/{task_id}")
        new["paths"]["/tasks/{id}"]["patch"]["parameters"][0]["name"] = "id"
        assert list(openapi_changes(OLD, new)) == []

    def test_that_lose_a_field_of_a_shared_schema_break_where_it_is_used(self) -> None:
        new: dict[str, Any] = deepcopy(OLD)
        del new["components"]["schemas"]["Task"]["properties"]["done"]
        expected = [f"{WHERE}: request: done: removed", f"{WHERE}: response 200: done: removed"]
        assert list(openapi_changes(OLD, new)) == expected


class TestParameters:
    def test_removed_break(self) -> None:
        assert changed("parameters/1") == [f"{WHERE}: query parameter q: removed"]

    def test_newly_required_break(self) -> None:
        more = [*OPERATION["parameters"], {"in": "query", "name": "x", "required": True, "schema": STRING}]
        assert changed("parameters", more) == [f"{WHERE}: query parameter x: newly required"]
        assert changed("parameters/1/required", True) == [f"{WHERE}: query parameter q: newly required"]

    def test_of_headers_have_names_without_case(self) -> None:
        assert changed("parameters/2/name", "if-match") == []


class TestBodies:
    def test_of_another_media_type_break(self) -> None:
        content: dict[str, Any] = {"application/xml": {}}
        assert changed("requestBody/content", content) == [f"{WHERE}: request: application/json removed"]

    def test_newly_required_break(self) -> None:
        assert changed("requestBody/required", True) == [f"{WHERE}: request: newly required"]

    def test_removed_break(self) -> None:
        assert changed("requestBody") == [f"{WHERE}: request: removed"]


class TestResponses:
    def test_of_success_removed_break(self) -> None:
        assert changed("responses/200") == [f"{WHERE}: response 200: removed"]

    def test_of_errors_may_go(self) -> None:
        assert changed("responses/404") == []

    def test_without_a_header_they_had_break(self) -> None:
        assert changed("responses/200/headers/ETag") == [f"{WHERE}: response 200: header etag removed"]


class TestSecurity:
    @pytest.mark.parametrize("now", [["admin"], ["tasks:write", "admin"], []])
    def test_that_asks_for_other_scopes_breaks(self, now: list[str]) -> None:
        expected = f"{WHERE}: needs scopes {sorted(now)}, needed ['tasks:write']"
        assert changed("security", [{"token": now}]) == [expected]

    def test_that_opens_breaks_nobody(self) -> None:
        assert changed("security") == []

    def test_that_is_new_breaks(self) -> None:
        old: dict[str, Any] = deepcopy(OLD)
        del old["paths"]["/tasks/{task_id}"]["patch"]["security"]
        assert list(openapi_changes(old, OLD)) == [f"{WHERE}: newly requires a token"]


class TestWebhooks:
    def test_are_read_by_who_gets_them(self) -> None:
        body = {"requestBody": {"content": {"application/json": {"schema": TASK}}}}
        old = {"webhooks": {"task": {"post": body}}}
        new: dict[str, Any] = deepcopy(old)
        schema = new["webhooks"]["task"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        schema["required"] = ["title", "done"]
        assert list(openapi_changes(old, new)) == []
        schema["required"] = []
        assert list(openapi_changes(old, new)) == ["POST task: request: title: no longer always present"]


class TestEvents:
    @pytest.fixture
    def topic(self) -> dict[str, Any]:
        def message(kind: str) -> dict[str, Any]:
            return {
                "type": "object",
                "properties": {"type": {"const": kind}, "data": deepcopy(TASK)},
                "required": ["type"],
            }

        return {
            "oneOf": [{"$ref": "#/$defs/Made"}, {"$ref": "#/$defs/Gone"}],
            "$defs": {"Made": message("todo.task.created.v1"), "Gone": message("todo.task.deleted.v1")},
        }

    def test_that_stay_break_nobody(self, topic: dict[str, Any]) -> None:
        assert list(event_changes(topic, deepcopy(topic))) == []

    def test_removed_break(self, topic: dict[str, Any]) -> None:
        new = topic | {"oneOf": topic["oneOf"][:1]}
        assert list(event_changes(topic, new)) == ["todo.task.deleted.v1: removed"]

    def test_added_break_nobody(self, topic: dict[str, Any]) -> None:
        assert list(event_changes(topic | {"oneOf": topic["oneOf"][:1]}, topic)) == []

    def test_that_lose_a_field_break(self, topic: dict[str, Any]) -> None:
        new = deepcopy(topic)
        del new["$defs"]["Made"]["properties"]["data"]["properties"]["done"]
        assert list(event_changes(topic, new)) == ["todo.task.created.v1: data.done: removed"]
