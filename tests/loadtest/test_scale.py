"""docs/SCALE.md is what the model says, and the model what the reports and the charts say."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.measure import report
from loadtest.scale import measured, page
from loadtest.scale.engines import describe_engine
from loadtest.scale.model import USERS, Model

MODEL = page.read_model()
people = st.integers(1, 10**8)


def test_the_page_is_what_the_model_says() -> None:
    assert page.PAGE.read_text() == page.render_page(page.read_model()), "run `make generate`"


class TestMeasured:
    def test_rows_of_a_report(self, tmp_path: Path) -> None:
        table = report.render_table(
            ["what", "events/s", "ratio", "ratio"], [["a", 2_942, 0.5, 0.7], ["b", 1.25, 1, 2]]
        )
        (tmp_path / "relay.md").write_text(f"# Relay\n\ntold\n\n{table}\n\n| other |\n| --- |\n| 1 |\n")
        assert measured.read_table(tmp_path, "relay") == [
            {"what": "a", "events/s": "2,942", "ratio": "0.50"},
            {"what": "b", "events/s": "1.25", "ratio": "1"},
        ]
        assert measured.parse_number("2,942") == 2_942

    def test_costs_leave_out_the_generator(self) -> None:
        phase = {"all": {"goodput": 100.0}, "cores": {"task": 0.2, "generator": 0.5, "other programs": 1.0}}
        assert measured.cpu_costs(phase) == {"task": 2}

    def test_shares_of_requests(self) -> None:
        sent = {"GET /tasks/{id}": 60, "GET /users/me": 30, "POST /tasks": 10}
        phase = {"routes": {route: {"sent": count} for route, count in sent.items()}}
        assert measured.requests_by_service(phase) == {
            "task": 0.7,
            "user": 0.3,
            "notification": 0,
            "analytics": 0,
        }
        assert measured.write_share(phase) == 0.1

    def test_a_report_that_changes_changes_the_model(self, tmp_path: Path) -> None:
        for path in report.FOLDER.glob("*"):
            if path.suffix in (".md", ".json"):
                (tmp_path / path.name).write_text(path.read_text())
        before = measured.read_measurements(tmp_path)
        storage = (tmp_path / "storage.md").read_text()
        changed = storage.replace(f"| all tables | {before.task_bytes:,.0f} |", "| all tables | 10,000 |")
        (tmp_path / "storage.md").write_text(changed)
        assert measured.read_measurements(tmp_path) == replace(before, task_bytes=10_000)


class TestModel:
    @given(people, people)
    def test_more_people_never_need_less(self, one: int, other: int) -> None:
        few, many = sorted((one, other))
        most = {need.what: need.needed for need in MODEL.list_needs(many)}
        assert all(need.needed <= most[need.what] for need in MODEL.list_needs(few))

    @given(people)
    def test_the_first_to_break_stands_first(self, users: int) -> None:
        shares = [need.needed / need.shipped for need in MODEL.list_needs(users)]
        assert shares == sorted(shares, reverse=True)

    @given(people)
    def test_enough_processes_for_the_work(self, users: int) -> None:
        for service, count in MODEL.count_processes(users).items():
            busy = MODEL.request_rate(users) * MODEL.measured.ms[service] / 1e3
            assert busy <= count * MODEL.assumed.busy * (1 + 1e-6)

    def test_a_cell_is_as_large_as_it_can_be(self) -> None:
        cell = MODEL.find_cell_size()
        assert all(need.needed <= need.largest for need in MODEL.list_needs(cell))
        assert any(need.needed > need.largest for need in MODEL.list_needs(cell + 1))
        assert MODEL.count_cells(cell) == 1
        assert MODEL.count_cells(cell + 1) == 2

    def test_dearer_requests_make_smaller_cells(self) -> None:
        dearer = {role: cost * 100 for role, cost in MODEL.measured.ms.items()}
        assert (
            Model(replace(MODEL.measured, ms=dearer), MODEL.shipped, MODEL.assumed).find_cell_size()
            < MODEL.find_cell_size()
        )

    def test_the_rate_is_that_of_those_at_work(self) -> None:
        assumed = replace(MODEL.assumed, active=0.1, pace=5)
        assert Model(MODEL.measured, MODEL.shipped, assumed).request_rate(1_000) == pytest.approx(20)

    def test_each_part_has_an_engine_of_its_own(self) -> None:
        needs = MODEL.list_needs(USERS[-1])
        engines = {describe_engine(need, MODEL.assumed) for need in needs}
        assert len(engines) == len(needs)
