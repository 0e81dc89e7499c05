"""docs/RELIABILITY.md is what its generator makes of the result file, and says where a goal is missed."""

import json
from pathlib import Path
from typing import Any

import pytest

from loadtest.chaos import ledger, page
from loadtest.chaos.faults import list_faults
from loadtest.chaos.probing import Prober, Round
from loadtest.chaos.traffic import Traffic, find_knee, plan_traffic
from tests.system.api import Api

TRAFFIC = Traffic(knee=100, rate=50, mixed=32, writers=8)


def make_row(**changes: Any) -> page.Row:
    row = {"fault": "kill -9: task", "lasted": 0.0, "recovered": 4.2, "writes": 90, "reminders": 8}
    row |= dict.fromkeys((*ledger.KINDS, "unanswered"), 0)
    return row | {
        "findings": [],
        "requests": {"sent": 300, "failed": 12},
        "commit": "abc",
        "load": 2.5,
        **changes,
    }


class TestPage:
    def test_is_what_the_generator_makes(self) -> None:
        assert page.PAGE.read_text() == page.render_page(page.read_result()), "run `make generate`"

    def test_names_every_fault_and_says_which_did_not_run(self) -> None:
        lines = page.render_page({}).splitlines()
        named = [line.split(" | ")[0].strip("| ") for line in lines if line.endswith("| not run yet |")]
        assert named == [fault.name for fault in list_faults()]
        assert len(set(named)) == len(named)

    def test_says_what_was_found_where_a_goal_is_missed(self, tmp_path: Path) -> None:
        result = tmp_path / "chaos.json"
        rows = [make_row(), make_row(fault="stopped: task", lost=1, findings=["task 1: is gone"])]
        page.save_rows(TRAFFIC, "A machine.", rows, result)
        page.write_page(result, tmp_path / "page.md")
        text = (tmp_path / "page.md").read_text()
        assert "| kill -9: task | – | 300 | 12 | 90 | 0 | 0 | 0 | 8 | 0 | 4.20 | 2.50 | met |" in text
        assert "| stopped: task | – | 300 | 12 | 90 | 1 | 0 | 0 | 8 | 0 | 4.20 | 2.50 | **missed** |" in text
        assert "- stopped: task: 1 lost writes. task 1: is gone." in text
        assert "| lost writes | 1 | 0 |" in text

    def test_keeps_rows_of_faults_that_did_not_run_again(self, tmp_path: Path) -> None:
        result = tmp_path / "chaos.json"
        page.save_rows(TRAFFIC, "", [make_row(), make_row(fault="stopped: task")], result)
        again = [make_row(recovered=9.0), {"fault": "stopped: task", "skipped": "needs root"}]
        page.save_rows(TRAFFIC, "", again, result)
        rows = json.loads(result.read_text())["faults"]
        assert [(row["fault"], row["recovered"]) for row in rows] == [
            ("kill -9: task", 9.0),
            ("stopped: task", 4.2),
        ]


class TestGoals:
    @pytest.mark.parametrize("kind", [*ledger.KINDS, "unanswered"])
    def test_are_missed_by_one(self, kind: str) -> None:
        assert page.list_missed(make_row(**{kind: 1}))

    @pytest.mark.parametrize("seconds", [None, 30.0, 31])
    def test_are_missed_by_a_recovery_that_takes_too_long(self, seconds: float | None) -> None:
        assert page.list_missed(make_row(recovered=seconds)) == ["recovery"]

    def test_are_met_otherwise(self) -> None:
        assert not page.list_missed(make_row())


class TestKnee:
    def test_is_the_last_step_that_was_served(self) -> None:
        steps = [(50, 50), (100, 99), (200, 180), (300, 299)]
        stairs = {"phases": [{"offered": offered, "all": {"goodput": good}} for offered, good in steps]}
        assert find_knee(stairs) == 100
        planned = plan_traffic(0.5, stairs)
        assert (planned.rate, planned.mixed, planned.writers) == (50, 32, 8)

    def test_has_a_limit(self) -> None:
        with pytest.raises(ValueError, match="people"):
            plan_traffic(5, {"phases": [{"offered": 100, "all": {"goodput": 100}}]})


class TestRecovery:
    def test_is_the_first_of_two_good_rounds_in_a_row(self, nobody: Api) -> None:
        failed: list[tuple[str, ...]] = [(), (), ("talk",), (), ("sign_in",), (), ()]
        rounds = [Round(float(number), number + 0.5, each) for number, each in enumerate(failed)]
        prober = Prober(nobody, {}, rounds)
        assert prober.find_recovery(0.5) == 5.5
        assert prober.find_recovery(5.5) is None
        assert prober.count_failed(2, 5) == {"talk": 1, "sign_in": 1}

    @pytest.fixture
    def nobody(self) -> Api:
        return Api(None, "")  # type: ignore[arg-type]
