"""From requests and looks at the CPU to what a report file says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.load.cpu import cores_between
from loadtest.load.goals import check_goals
from loadtest.load.plan import plan_overload, plan_staircase, plan_steady_load
from loadtest.load.results import Result, Seen, compute_result, cpu_ms_each, goodput_a_core
from loadtest.load.samples import Sample

LOOKS = [(0.0, {"task": 0.0, "generator": 0.0}), (1_000.0, {"task": 250.0, "generator": 500.0})]


def answered(start: float, end: float, rate: int, ms: float = 20, status: int = 200) -> list[Sample]:
    number = int((end - start) * rate)
    return [Sample(start + each / rate, "GET /tasks", status, ms) for each in range(number)]


class TestCores:
    def test_between_two_looks(self) -> None:
        assert cores_between(LOOKS, 100, 300) == {"task": 0.25, "generator": 0.5}

    def test_of_a_process_that_came_later(self) -> None:
        looks = [(0.0, {}), (10.0, {}), (20.0, {"task": 5.0})]
        assert cores_between(looks, 10, 20) == {"task": 0.5}

    def test_what_nobody_looked_at_is_left_out(self) -> None:
        assert cores_between(LOOKS, 900, 1_100)["task"] == 0.25

    @given(st.lists(st.floats(0, 2), min_size=2, max_size=20), st.data())
    def test_parts_add_up(self, rates: list[float], data: st.DataObject) -> None:
        total, looks = 0.0, [(0.0, {"task": 0.0})]
        for second, rate in enumerate(rates, start=1):
            total += rate
            looks.append((float(second), {"task": total}))
        middle = data.draw(st.floats(0.1, len(rates) - 0.1))
        parts = cores_between(looks, 0, middle)["task"] * middle
        parts += cores_between(looks, middle, len(rates))["task"] * (len(rates) - middle)
        assert parts == pytest.approx(total, abs=0.01 * len(rates))


class TestResult:
    def test_of_a_pace(self) -> None:
        samples = answered(0, 20, 100, ms=900) + answered(20, 50, 100)
        found = compute_result(
            plan_steady_load(470, 4.7, 30), Seen(samples, LOOKS, [0, 20, 50], [(10, 900.0), (30, 4.0)])
        )
        (phase,) = found["phases"]
        assert phase["all"]["goodput"] == 100
        assert phase["all"]["p99"] == 20, "the warm-up is left out"
        assert phase["offered"] == 100
        assert phase["late"] == 4
        assert cpu_ms_each(phase) == pytest.approx(2.5), "the generator is left out"
        left = 4 - sum(phase["cores"].get(role, 0) for role in ("generator", "other programs"))
        assert left < 4
        assert goodput_a_core(phase, 4) == pytest.approx(phase["all"]["goodput"] / left)
        assert len(found["seconds"]) == 50

    def test_of_a_staircase(self) -> None:
        begun = [0, 16, 36, 56]
        found = compute_result(
            plan_staircase(100, 1, 20), Seen(answered(0, 36, 50) + answered(36, 56, 80), LOOKS, begun)
        )
        assert [phase["all"]["goodput"] for phase in found["phases"]] == [50, 80]
        assert [phase["seconds"] for phase in found["phases"]] == [17, 17]

    def test_of_an_overload(self) -> None:
        samples = answered(0, 46, 10) + answered(46, 106, 100, ms=800)
        samples += answered(106, 109, 10, ms=300) + answered(109, 166, 10)
        found = compute_result(plan_overload(10, 1, 60), Seen(samples, LOOKS, [0, 16, 46, 106, 166]))
        assert found["recovery"] == {"p95_before": 20, "limit": 30, "seconds": 3}


def make_result(**all: float | None) -> Result:
    whole = {"sent": 1_000, "refused": 0, "failed": 0, "goodput": 90.0, "p95": 50.0, "p99": 150.0}
    return {"phases": [{"all": {**whole, "quick_refusals": None, **all}}]}


def stairs(*goodputs: float) -> Result:
    return {"phases": [{"all": {"goodput": goodput}} for goodput in goodputs]}


class TestGoals:
    def test_met(self) -> None:
        found = {
            "load-pace-4.7s": make_result(),
            "load-pace-1s": make_result(),
            "load-staircase": stairs(50, 100, 95),
        }
        assert all(goal.met for goal in check_goals(found))

    @pytest.mark.parametrize(
        "all",
        [{"refused": 1}, {"failed": 1}, {"p95": 100.0}, {"p99": 200.0}, {"p95": None}],
        ids=lambda all: str(all),
    )
    def test_missed_at_ease(self, all: dict[str, float | None]) -> None:
        assert [goal.met for goal in check_goals({"load-pace-4.7s": make_result(**all)})].count(False) == 1

    def test_a_crowd_may_be_refused_quickly(self) -> None:
        assert all(
            goal.met for goal in check_goals({"load-pace-1s": make_result(refused=500, quick_refusals=1.0)})
        )
        assert not all(
            goal.met for goal in check_goals({"load-pace-1s": make_result(refused=500, quick_refusals=0.99)})
        )

    def test_a_crowd_is_measured_by_the_best_of_the_staircase(self) -> None:
        found = {"load-pace-1s": make_result(goodput=80.0), "load-staircase": stairs(100)}
        assert [goal.what for goal in check_goals(found) if not goal.met] == [
            "goodput at least 90 % of the best of c"
        ]

    def test_goodput_that_falls_after_its_peak(self) -> None:
        assert not check_goals({"load-staircase": stairs(50, 100, 89, 95)})[0].met

    @pytest.mark.parametrize(("seconds", "met"), [(0, True), (10, True), (11, False), (None, False)])
    def test_recovery(self, seconds: int | None, met: bool) -> None:
        assert check_goals({"load-overload": {"recovery": {"seconds": seconds}}})[0].met == met
