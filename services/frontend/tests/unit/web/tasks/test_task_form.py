"""A task as form fields and back."""

import pytest
from frontend_service.web.tasks import task_form
from frontend_service.web.three_way_merge import changed_fields
from hypothesis import given
from hypothesis import strategies as st

from contracts.api.tasks import TaskRead
from services.frontend.tests.fake_services import a_task

TEXT = st.text(alphabet=st.sampled_from("ab \n\r,#é"), max_size=12)
TASKS = st.fixed_dictionaries(
    {
        "title": TEXT.map(str.strip),
        "notes": TEXT,
        "priority": st.integers(0, 4),
        "labels": st.lists(TEXT.map(str.strip), max_size=4),
        "due_date": st.none() | st.dates().map(str),
        "reminders": st.lists(
            st.fixed_dictionaries({"minutes_before": st.integers(0, 525_600)})
            | st.just({"at": "2026-05-01T08:00:00Z"}),
            max_size=3,
        ),
        "due_time": st.none() | st.times().map(lambda time: str(time.replace(microsecond=0))),
        "project_id": st.none(),
    }
)


def sent(shown: dict[str, str]) -> dict[str, str]:
    """What a browser sends of a form nobody touched: lines of a text area end in CR LF."""
    return shown | {"notes": shown["notes"].replace("\n", "\r\n")}


class TestUntouchedForm:
    @given(TASKS)
    def test_changes_nothing(self, task: TaskRead) -> None:
        shown = task_form.to_fields(task)
        if shown["due_time"] and not shown["due_date"]:
            return
        assert changed_fields(shown, task_form.from_form(sent(shown), shown)) == {}


class TestEnteredValues:
    def test_accept_labels_with_commas_and_hashes(self) -> None:
        assert task_form.from_form({"labels": " #home,, work , home"}, {})["labels"] == "home, work"

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("30", "30 min"),
            ("90 min, 2h", "90 min, 2 h"),
            ("1440 minutes before,1 d", "1 day, 1 day"),
            ("0", "0 min"),
            ("2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z"),
            ("tomorrow", "tomorrow"),
        ],
    )
    def test_accept_reminders_in_minutes_hours_and_days(self, text: str, shown: str) -> None:
        assert task_form.from_form({"reminders": text}, {})["reminders"] == shown

    def test_clear_the_time_with_the_date(self) -> None:
        base = {"due_date": "2031-05-06", "due_time": "18:30"}
        assert task_form.from_form({"due_date": "", "due_time": "18:30"}, base)["due_time"] == ""

    def test_keep_a_time_that_never_had_a_date(self) -> None:
        assert task_form.from_form({"due_time": "18:30"}, {})["due_time"] == "18:30"


class TestTaskPatch:
    def test_clears_emptied_fields(self) -> None:
        fields = {"due_date": "", "due_time": "", "labels": "", "notes": ""}
        assert task_form.build_patch(fields) == {
            "due_date": None,
            "due_time": None,
            "labels": [],
            "notes": "",
        }

    def test_leaves_validation_to_the_service(self) -> None:
        assert task_form.build_patch({"priority": "x", "due_date": "soon"}) == {
            "priority": "x",
            "due_date": "soon",
        }

    def test_of_unchanged_fields_equals_the_task(self) -> None:
        task = a_task(priority=3, labels=["home"], due_date="2031-05-06", due_time="18:30:00")
        found = task_form.build_patch(task_form.to_fields(task))
        assert found == {
            "title": "Buy milk",
            "notes": "",
            "priority": 3,
            "labels": ["home"],
            "due_date": "2031-05-06",
            "due_time": "18:30",
            "reminders": [],
            "project_id": None,
        }
