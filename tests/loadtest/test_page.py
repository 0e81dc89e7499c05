"""docs/PERFORMANCE.md is what its generator makes of the result files."""

from loadtest.load import page
from loadtest.load.plan import plan_overload, plan_staircase, plan_steady_load


def test_the_page_is_what_the_generator_makes() -> None:
    assert page.PAGE.read_text() == page.render_page(page.read_all()), "run `make generate`"


def test_each_load_has_its_place() -> None:
    plans = (
        plan_steady_load(1_000, 4.7, 180),
        plan_steady_load(1_000, 1, 120),
        plan_staircase(2_000, 1, 40),
        plan_overload(100, 1, 60),
    )
    assert [plan.name for plan in plans] == list(page.REPORTS)
