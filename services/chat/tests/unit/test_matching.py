"""Which task somebody means."""

import pytest
from chat_service.matching import candidates

TASKS = [
    {"id": "1", "title": "Buy milk"},
    {"id": "2", "title": "Buy milk and bread"},
    {"id": "3", "title": "Rück­sendung: Déjà vu"},
    {"id": "4", "title": "Call mom about the party"},
    {"id": "5", "title": "2"},
]


def ids(target: str, shown: list[str] | None = None) -> list[str]:
    return [task["id"] for task in candidates(target, TASKS, shown or [])]


class TestCandidates:
    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            ("buy milk", ["1"]),
            ("Buy", ["1", "2"]),
            ("bread", ["2"]),
            ("deja VU", ["3"]),
            ("party mom", ["4"]),
            ("the party", ["4"]),
            ("nothing like it", []),
            ("", []),
            ("the", ["4"]),
        ],
    )
    def test_go_by_the_title(self, target: str, expected: list[str]) -> None:
        assert ids(target) == expected

    @pytest.mark.parametrize("target", ["2", "#2", "no. 2", "number 2", "second", "the second one"])
    def test_go_by_the_list_that_was_shown(self, target: str) -> None:
        assert ids(target, ["3", "1"]) == ["1"]

    def test_take_a_number_for_a_title_when_no_list_has_it(self) -> None:
        assert ids("2") == ["5"]

    def test_leave_out_what_is_gone_from_the_list(self) -> None:
        assert ids("1", ["gone"]) == []
