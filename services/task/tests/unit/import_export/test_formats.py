"""What other programs export: Todoist, Google, Microsoft, Vikunja, iCalendar; and what is none of it."""

import json
from datetime import date, time
from typing import Any

import pytest
from task_service.import_export.limits import MAX_MEMBERS
from task_service.import_export.parsed_file import UnreadableFile

from services.task.tests.unit.import_export.files import (
    APPLE,
    GOOGLE,
    MICROSOFT,
    TODOIST,
    TODOIST_HEAD,
    VIKUNJA,
    read,
    report_lines,
    zipped,
)


class TestTodoistsBackup:
    def test_todoist_backup_has_a_project_for_each_file(self) -> None:
        source = read(TODOIST)
        names = [project.name for project in source.projects.values()]
        assert names == ["Inbox", "Later", "Work"]
        buy, below, later, work = source.tasks
        assert (buy.fields["title"], buy.fields["labels"], buy.fields["priority"]) == ("Buy", ["home"], 4)
        assert (buy.fields["notes"], buy.fields["recurrence"]["rule"]) == ("d\n\nhello", "FREQ=DAILY")
        assert (below.parent, below.fields["due_date"]) == (buy.key, date(2026, 12, 3))
        assert later.fields["notes"] == "DATE: morgen um acht"
        assert work.fields["priority"] == 3
        assert [what for _, what in report_lines(source)] == [
            "Not imported: who is responsible (Bob (2)).",
            "The date 'morgen um acht' was not understood; it is in the notes.",
        ]


class TestTodoistsRows:
    def test_old_todoist_columns_are_read(self) -> None:
        head = "TYPE,CONTENT,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DUE_DATE,DUE_DATE_LANG\n"
        (task,) = read(head + "task,Bins,1,1,Ada (1),,every monday,en\n").tasks
        assert task.fields["recurrence"]["rule"] == "FREQ=WEEKLY;BYDAY=MO"

    @pytest.mark.parametrize(
        ("when", "zone", "due"),
        [
            ("2026-12-03T14:00:00Z", "Asia/Tokyo", (date(2026, 12, 3), time(23), "Asia/Tokyo")),
            ("2026-12-03 14:00", "Asia/Tokyo", (date(2026, 12, 3), time(14), "Asia/Tokyo")),
            ("2026-12-03T14:00:00Z", "", (date(2026, 12, 3), time(15), None)),
            ("2026-12-03T14:00:00Z", "Nowhere/Land", (date(2026, 12, 3), time(15), None)),
            ("3 Dec 2026", "Asia/Tokyo", (date(2026, 12, 3), None, None)),
        ],
    )
    def test_todoist_times_are_local_to_their_zone(self, when: str, zone: str, due: Any) -> None:
        (task,) = read(TODOIST_HEAD + f"task,T,,1,1,,,{when},en,{zone}\n").tasks
        assert tuple(task.fields.get(name) for name in ("due_date", "due_time", "time_zone")) == due

    def test_todoist_rows_that_are_no_tasks_are_reported(self) -> None:
        rows = "section,Later,When there is time,,,,,,,\nproject_note,We meet on Mondays,,,,,,,,\n"
        assert report_lines(read(TODOIST_HEAD + rows + "task,T,,1,1,,,,,\n")) == [
            ("line 2", "Not imported: what the section is for (When there is time)."),
            ("line 3", "Not imported: a comment of the project (We meet on Mondays)."),
        ]


class TestGoogle:
    def test_google_import_has_lists_days_and_subtasks(self) -> None:
        source = read(json.dumps(GOOGLE))
        post, stamp = source.tasks
        assert (post.fields["due_date"], post.done, stamp.parent) == (date(2026, 12, 3), True, post.key)
        assert post.completed_at
        assert report_lines(source) == [("task 1", "Not imported: links.")]


class TestMicrosoft:
    def test_microsoft_import_has_steps_and_recurrence(self) -> None:
        source = read(json.dumps(MICROSOFT))
        plan, step = source.tasks
        assert plan.fields["notes"] == "first\nsecond\nMail https://example.org"
        assert plan.fields["recurrence"] == {"rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=4"}
        assert (plan.fields["due_date"], plan.fields["priority"], plan.done) == (date(2026, 12, 3), 3, True)
        assert plan.fields["reminders"] == [{"at": "2026-12-02T08:00:00+00:00"}]
        assert (step.parent, step.done, step.fields["title"]) == (plan.key, True, "step")
        assert report_lines(source) == [("task 1", "Not imported: attachments.")]


class TestVikunja:
    def test_vikunja_losses_are_reported(self) -> None:
        filters = [{"id": 1, "title": "Soon", "filters": {"filter": "done = false"}}]
        source = read(zipped({"data.json": json.dumps(VIKUNJA), "filters.json": json.dumps(filters)}))
        clean, soap = source.tasks
        assert clean.fields["notes"] == "[x] soap\n[ ] mop"
        assert clean.fields["reminders"] == [{"minutes_before": 60}]
        assert (soap.parent, source.projects["1"].colour) == (clean.key, "#2f7d5b")
        assert source.labels == [{"name": "home", "colour": "#00ff00"}]
        messages = " ".join(what for _, what in report_lines(source))
        for lost in ("“Soon”", "buckets", "its bucket", "blocking", "favourite", "its colour"):
            assert lost in messages

    @pytest.mark.parametrize("wrong", [{"repeat_after": "abc"}, {"priority": [1]}, {"labels": "x"}])
    def test_vikunja_values_of_wrong_types_are_reported(self, wrong: dict[str, object]) -> None:
        source = read(json.dumps([{"id": 1, "title": "P", "tasks": [{"id": 2, "title": "x"} | wrong]}]))
        assert source.tasks[0].fields["title"] == "x"
        assert any(next(iter(wrong)) in what for _, what in report_lines(source))


class TestICalendar:
    def test_apple_calendar_has_times_alarms_and_subtasks(self) -> None:
        source = read(APPLE)
        milk, bread, call = source.tasks
        assert (milk.fields["due_date"], milk.fields["due_time"]) == (date(2026, 12, 3), time(14))
        assert (milk.fields["priority"], milk.fields["labels"], milk.done) == (4, ["a", "b"], True)
        assert milk.fields["recurrence"] == {"rule": "FREQ=DAILY", "from": "due"}
        assert milk.fields["reminders"] == [{"minutes_before": 15}]
        assert (bread.parent, bread.fields["due_date"]) == (milk.key, date(2026, 12, 3))
        assert "due_time" not in bread.fields
        assert call.fields["due_time"] == time(14)
        assert report_lines(source) == [("entry 1", "Not imported: the place.")]


class TestUnreadableFile:
    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (json.dumps([{"description": "x", "uuid": "1", "status": "pending"}]), "not in a known format"),
            (json.dumps({"name": "board", "cards": []}), "not in a known format"),
            (b"\x89PNG\r\n\x1a\n" + bytes(200), "neither text nor"),
            ('{"a": "\\ud83d"}', "not JSON"),
            ("[" * 100_000, "not JSON"),
            (zipped({"a.txt": "x"}), "no file in a supported format"),
            (zipped({f"{n}.csv": "" for n in range(MAX_MEMBERS + 1)}), "files in an archive"),
            (zipped({"a.json": "{}", "b.json": "{}"}), "not in a known format"),
            (zipped({"a.csv": b"title\n" + b"x" * 20_000_000}), "MiB"),
        ],
    )
    def test_unreadable_file_is_rejected_with_the_reason(self, body: str | bytes, why: str) -> None:
        with pytest.raises(UnreadableFile, match=why):
            read(body)
