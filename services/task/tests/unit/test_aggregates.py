"""What changes an aggregate raises its version once and records one event."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid5

import pytest
from task_service.models import Label, Project, SavedFilter, Task

from servicekit.errors import Invalid
from servicekit.web.ids import new_id

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
NAMED = (Project, Label, SavedFilter)


def task(**values: Any) -> Task:
    """One whose event of creation is collected."""
    made = Task.create("ada", {"title": "milk", "position": "V"} | values, "Europe/Berlin", BEFORE)
    made.collect_events()
    return made


class TestTask:
    def test_records_that_it_is_new(self) -> None:
        (event,) = Task.create("ada", {"title": "milk", "position": "V"}, "UTC", NOW).collect_events()
        assert (event.what, event.before, event.after["title"]) == ("created", None, "milk")

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            (lambda task: task.update({"title": "tea"}, "UTC", NOW), "updated"),
            (lambda task: task.complete(NOW), "completed"),
            (lambda task: task.reopen(NOW), "reopened"),
            (lambda task: task.trash(NOW, NOW), "deleted"),
            (lambda task: task.restore((), NOW), "restored"),
            (lambda task: task.restore_with({"title": "tea"}, "UTC", NOW), "restored"),
            (lambda task: task.move("W", NOW), "updated"),
            (lambda task: task.skip_to(date(2026, 2, 1), None, None, 1, "UTC", NOW), "updated"),
            (lambda task: task.relabel(["shop"], NOW), "updated"),
            (lambda task: task.count_subtasks(1, 2, NOW), "updated"),
        ],
    )
    def test_has_one_version_and_one_event_more_after_a_change(
        self, change: Callable[[Task], None], what: str
    ) -> None:
        changed = task()
        change(changed)
        (event,) = changed.collect_events()
        assert event.what == what
        assert event.before
        assert (event.before["version"], event.after["version"], changed.version) == (1, 2, 2)
        assert changed.updated_at == NOW

    def test_stays_the_same_where_its_progress_does(self) -> None:
        same = task()
        same.count_subtasks(0, 0, NOW)
        assert (same.version, same.collect_events()) == (1, [])

    def test_with_a_date_alone_stays_the_same_version_where_its_user_moves(self) -> None:
        dated = task(due_date=date(2026, 3, 1))
        ends = dated.due_by
        dated.follow_user("America/New_York", NOW)
        assert dated.due_by > ends
        assert (dated.version, dated.collect_events()) == (1, [])

    def test_with_a_time_is_due_where_its_user_is(self) -> None:
        timed = task(due_date=date(2026, 3, 1), due_time=time(9))
        timed.follow_user("America/New_York", NOW)
        assert timed.due_at == datetime(2026, 3, 1, 14, tzinfo=UTC)
        assert [event.changed for event in timed.collect_events()] == [["due_at"]]

    def test_needs_a_date_for_a_time(self) -> None:
        with pytest.raises(Invalid, match="due_date"):
            task().update({"due_time": time(9)}, "UTC", NOW)

    def test_is_taken_back_only_if_it_follows_from_another(self) -> None:
        by_hand = task()
        derived = Task.create_derived("ada", str(uuid5(UUID(new_id()), "2")), by_hand.values(), "UTC", NOW)
        for each in (by_hand, derived):
            each.trash(NOW, NOW, is_taken_back=True)
        assert (by_hand.taken_back, derived.taken_back) == (False, True)

    def test_leaves_what_is_gone_when_it_is_restored(self) -> None:
        lost = task(parent_id="p", project_id="q")
        lost.trash(NOW, NOW)
        lost.restore({"p"}, NOW)
        assert (lost.deleted_at, lost.parent_id, lost.project_id) == (None, None, "q")


@pytest.mark.parametrize("model", NAMED)
class TestNamedResource:
    def named(self, model: type[Any]) -> Any:
        values = {"name": "Läden"} | ({"filter": "done"} if model is SavedFilter else {})
        made = model.create("ada", values, BEFORE)
        assert [event.what for event in made.collect_events()] == ["created"]
        return made

    def test_is_found_by_its_new_name(self, model: type[Any]) -> None:
        renamed = self.named(model)
        key = renamed.key
        renamed.update({"name": "Märkte", "position": None}, NOW)
        (event,) = renamed.collect_events()
        assert (event.what, event.changed, renamed.version) == ("updated", ["name"], 2)
        assert renamed.key != key

    def test_stays_the_same_where_nothing_differs(self, model: type[Any]) -> None:
        same = self.named(model)
        same.update({"name": "Läden"}, NOW)
        assert (same.version, same.collect_events()) == (1, [])
