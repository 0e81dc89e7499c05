"""What is asked of the system, and that it ends."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.load.plan import (
    MAX_SECONDS,
    MAX_USERS,
    Phase,
    Plan,
    plan_overload,
    plan_staircase,
    plan_steady_load,
)

phases = st.lists(
    st.builds(Phase, st.text(max_size=5), st.integers(1, 100), st.integers(1, 20)), min_size=1, max_size=6
).map(tuple)


@given(phases, st.floats(0, 1.2))
def test_the_phase_at_a_moment(given_phases: tuple[Phase, ...], share: float) -> None:
    plan = Plan("pace", 1, given_phases)
    moment = share * plan.seconds
    seconds = [number for number, phase in enumerate(given_phases) for _ in range(int(phase.seconds))]
    assert plan.phase_at(moment) == (seconds[int(moment)] if int(moment) < len(seconds) else None)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = plan_overload(100, 1, 60)
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == plan


class TestKinds:
    def test_pace(self) -> None:
        plan = plan_steady_load(1_000, 4.7, 180)
        assert plan.name == "load-pace-4.7s"
        assert [(phase.users, phase.seconds - phase.ramp_seconds) for phase in plan.phases] == [
            (1_000, 0),
            (1_000, 180),
        ]

    def test_staircase_ends_at_the_users_asked_for(self) -> None:
        assert [phase.users for phase in plan_staircase(2_000, 1, 20).phases][1:] == [
            50, 100, 200, 300, 500, 1_000, 1_500, 2_000,
        ]  # fmt: skip
        assert [phase.users for phase in plan_staircase(120, 1, 20).phases][1:] == [50, 100, 120]

    def test_overload_is_ten_times_as_much_and_then_as_before(self) -> None:
        assert [phase.users for phase in plan_overload(100, 1, 60).phases] == [100, 100, 1_000, 100]

    def test_users_have_come_when_a_step_begins_to_count(self) -> None:
        for plan in (plan_staircase(2_000, 1, 20), plan_overload(100, 1, 60)):
            grown = [phase for phase in plan.phases if phase.users > plan.phases[0].users]
            assert all(phase.ramp_seconds > plan.pace for phase in grown)


class TestBounds:
    @pytest.mark.parametrize(
        ("users", "pace", "seconds"), [(MAX_USERS + 1, 1, 10), (10, 1, MAX_SECONDS), (10, 0, 10)]
    )
    def test_more_than_a_run_may_take(self, users: int, pace: float, seconds: float) -> None:
        with pytest.raises(ValueError, match="at most"):
            plan_steady_load(users, pace, seconds)

    def test_ten_times_as_many_count(self) -> None:
        with pytest.raises(ValueError, match="at most"):
            plan_overload(300, 1, 10)
