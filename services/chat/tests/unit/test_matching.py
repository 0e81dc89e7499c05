"""Which task somebody means."""

from typing import cast

import pytest
from chat_service.assistant.matching import match_tasks
from hypothesis import given
from hypothesis import strategies as st

from contracts.api.tasks import TaskRead

NAMED = [
    {"id": "1", "title": "Buy milk"},
    {"id": "2", "title": "Buy milk and bread"},
    {"id": "3", "title": "Rück­sendung: Déjà vu"},
    {"id": "4", "title": "Call mom about the party"},
    {"id": "5", "title": "2"},
    {"id": "6", "title": "🎉"},
    {"id": "7", "title": "🎂"},
    {"id": "8", "title": "resume"},
    {"id": "9", "title": "résumé"},
]
TASKS = cast(list[TaskRead], NAMED)
"""As far as they are read here."""


def ids(target: str, shown: list[str] | None = None) -> list[str]:
    return [task["id"] for task in match_tasks(target, TASKS, shown or []).tasks]


class TestMatch:
    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            ("buy milk", ["1"]),
            ("the milk: buy!", ["1"]),
            ("Buy", ["1", "2"]),
            ("bread", ["2"]),
            ("deja VU", ["3"]),
            ("party mom", ["4"]),
            ("the party", ["4"]),
            ("🎂", ["7"]),
            ("RÉSUMÉ", ["9"]),
            ("“buy milk”", ["1"]),
            ("“milk”", []),
            ("nothing like it", []),
            ("", []),
            ("the", []),
            ("rea", []),
            ("all", []),
        ],
    )
    def test_goes_by_the_title(self, target: str, expected: list[str]) -> None:
        assert ids(target) == expected

    @pytest.mark.parametrize(
        ("target", "exact", "close"),
        [
            ("buy milk", True, False),
            ("5", False, False),
            ("deja vu", False, True),
            ("bread", False, False),
            ("mom party", False, True),
            ("buy", False, False),
        ],
    )
    def test_tells_how_sure_it_is(self, target: str, exact: bool, close: bool) -> None:
        found = match_tasks(target, TASKS, [])
        assert (found.is_exact, found.is_close) == (exact, close)

    @pytest.mark.parametrize("target", ["2", "#2", "no. 2", "number 2", "second", "the second one"])
    def test_goes_by_the_list_that_was_shown(self, target: str) -> None:
        assert ids(target, ["3", "1"]) == ["1"]

    def test_takes_a_number_for_a_title_when_no_list_has_it(self) -> None:
        assert ids("2") == ["5"]

    def test_leaves_out_what_is_gone_from_the_list(self) -> None:
        assert ids("1", ["gone"]) == []

    @given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=5))
    def test_is_sure_of_one_task_with_all_these_words_only(self, target: str, titles: list[str]) -> None:
        named = [{"id": str(place), "title": title} for place, title in enumerate(titles)]
        tasks = cast(list[TaskRead], named)
        found = match_tasks(target, tasks, [])
        if found.is_close:
            [task] = found.tasks
            assert found.tasks == [each for each in tasks if each["title"] == task["title"]]
        assert not (found.is_exact and not found.tasks)
