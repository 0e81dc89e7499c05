"""Whether a response has what its type promises."""

from typing import Any

import pytest

from contracts.api.chat import Conversation
from contracts.api.files import ImportRead
from contracts.api.page import Page
from contracts.api.tasks import TaskRead
from contracts.completeness import find_missing_field

RECURRENCE: dict[str, Any] = {"rule": "FREQ=DAILY", "from": "due", "month_end": "clamp", "missed": "skip"}
TASK: dict[str, Any] = dict.fromkeys(TaskRead.__required_keys__) | {"labels": [], "reminders": []}
MESSAGE = {"id": "m", "role": "user", "text": "hello", "at": "now"}


def without(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


class TestFindMissingField:
    @pytest.mark.parametrize(
        "value",
        [
            {"items": [], "next_cursor": None},
            {"items": [TASK, TASK | {"recurrence": RECURRENCE}], "next_cursor": "x"},
            {"items": [TASK | {"of_a_newer_release": 1}], "next_cursor": None, "total": 1},
        ],
    )
    def test_finds_none_in_a_complete_page(self, value: Any) -> None:
        assert find_missing_field(value, Page[TaskRead]) is None

    @pytest.mark.parametrize(
        ("value", "missing"),
        [
            ({"items": []}, "next_cursor"),
            ({"next_cursor": None}, "items"),
            ({"items": [TASK, without("title", TASK)], "next_cursor": None}, "items.title"),
            (
                {"items": [TASK | {"recurrence": without("rule", RECURRENCE)}], "next_cursor": None},
                "items.recurrence.rule",
            ),
            ({"items": None, "next_cursor": None}, "items"),
            ({"items": ["task"], "next_cursor": None}, "items"),
            ([], ""),
            (None, ""),
        ],
    )
    def test_names_the_first_one_by_its_path(self, value: Any, missing: str) -> None:
        assert find_missing_field(value, Page[TaskRead]) == missing

    @pytest.mark.parametrize("name", sorted(TaskRead.__required_keys__))
    def test_looks_at_every_required_field(self, name: str) -> None:
        assert find_missing_field(without(name, TASK), TaskRead) == name

    def test_lets_optional_fields_be_missing_and_looks_into_those_that_are_there(self) -> None:
        conversation = {"id": "c", "title": "", "updated_at": "now"}
        assert find_missing_field(conversation, Conversation) is None
        assert find_missing_field(conversation | {"messages": [MESSAGE]}, Conversation) is None
        wrong = conversation | {"messages": [without("text", MESSAGE)]}
        assert find_missing_field(wrong, Conversation) == "messages.text"

    def test_takes_null_for_a_list_only_where_the_type_does(self) -> None:
        job: dict[str, Any] = dict.fromkeys(ImportRead.__required_keys__) | {"report": []}
        assert find_missing_field(job | {"tasks": None}, ImportRead) is None
        assert find_missing_field(job | {"report": None}, ImportRead) == "report"
        assert find_missing_field(job | {"tasks": [{}]}, ImportRead) == "tasks.completed_at"
