"""Tasks of Google Takeout that repeat: one task and its rule, not a task for each day to come."""

import json
from datetime import date
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st
from task_service.import_export.google_recurrences import convert_rule

from services.task.tests.unit.import_export.files import read, report_lines


def occurrence(id: str, day: str, status: str = "needsAction", **fields: Any) -> dict[str, Any]:
    times = [{"current": True, "start": f"{day}T10:00:00Z"}]
    return {
        "id": id,
        "title": id,
        "status": status,
        "scheduled_time": times,
        "task_recurrence_id": "w",
    } | fields


def takeout(*tasks: dict[str, Any], **interval: Any) -> bytes:
    rule = {"id": "w", "schedule": {"interval": interval}}
    listed = {"id": "l", "title": "Home", "recurrences": [rule], "items": list(tasks)}
    return json.dumps({"kind": "tasks#taskLists", "items": [listed]}).encode()


WEEKLY: dict[str, Any] = {"interval_multiplier": "2", "weekly": {"day_of_week": ["SATURDAY", "MONDAY"]}}


def test_the_next_open_occurrence_stands_for_the_series() -> None:
    tasks = [("later", "2026-05-16", "needsAction"), ("was", "2026-04-18", "completed")]
    tasks.append(("next", "2026-05-02", "needsAction"))
    source = read(takeout(*(occurrence(*each) for each in tasks), **WEEKLY))
    was, following = source.tasks
    assert (was.key, was.done, was.fields.get("recurrence")) == ("was", True, None)
    assert (following.key, following.fields["due_date"]) == ("next", date(2026, 5, 2))
    assert following.fields["recurrence"] == {"rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,MO"}
    assert [what for _, what in report_lines(source)] == ["Skipped: a later occurrence of a recurring task."]


def test_unknown_rule_keeps_every_occurrence_and_is_reported() -> None:
    tasks = (occurrence("a", "2026-05-02"), occurrence("b", "2026-06-02"))
    source = read(takeout(*tasks, monthly={"week_of_month": 2}))
    assert [(each.key, each.fields.get("recurrence")) for each in source.tasks] == [("a", None), ("b", None)]
    assert report_lines(source) == [
        ("task 1", "The recurrence was not understood, or was stopped; it does not recur.")
    ]


def test_unknown_fields_are_reported() -> None:
    source = read(takeout(occurrence("a", "2026-05-02", colour="red", etag="x"), daily={}))
    assert report_lines(source) == [("task 1", "Skipped: “colour”.")]


@pytest.mark.parametrize(
    ("schedule", "rule"),
    [
        ({"interval": {"daily": {}}}, "FREQ=DAILY"),
        ({"interval": {"interval_multiplier": 3, "yearly": {}}}, "FREQ=YEARLY;INTERVAL=3"),
        (
            {"interval": {"monthly": {}}, "end_condition": {"date_boundary": "2026-08-01T00:00:00Z"}},
            "FREQ=MONTHLY;UNTIL=20260801",
        ),
        ({"interval": {"daily": {}}, "end_condition": {"instance_number_limit": 3}}, None),
        ({"interval": {"daily": {}, "weekly": {}}}, None),
        ({"interval": {"weekly": {"day_of_week": ["SOMEDAY"]}}}, None),
        ({"interval": "daily"}, None),
        ({}, None),
    ],
)
def test_google_rules_are_converted(schedule: dict[str, Any], rule: str | None) -> None:
    assert convert_rule({"id": "w", "schedule": schedule}) == rule
    assert convert_rule({"id": "w", "schedule": schedule, "stopped": True}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["interval", "weekly", "daily", "day_of_week", "end_condition", "date_boundary"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
)


@given(schedule=JSON, stopped=JSON)
def test_converted_rule_is_valid_or_none(schedule: Any, stopped: Any) -> None:
    rule = convert_rule({"id": "w", "schedule": schedule, "stopped": stopped})
    if rule is not None and "UNTIL" not in rule:
        assert rrulestr(rule)


@given(listed=JSON, id=JSON, times=JSON)
def test_no_task_is_lost_without_a_report(listed: Any, id: Any, times: Any) -> None:
    task = {
        "id": "a",
        "title": "a",
        "status": "needsAction",
        "task_recurrence_id": id,
        "scheduled_time": times,
    }
    document = {"kind": "tasks#taskLists", "items": [{"id": "l", "recurrences": listed, "items": [task]}]}
    source = read(json.dumps(document).encode())
    assert [each.key for each in source.tasks] == ["a"]
