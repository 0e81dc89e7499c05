"""Imports and exports: what goes out comes in again. On both databases."""

import asyncio
import gzip
import io
import json
import time
import zipfile
from typing import Any

import orjson
import pytest
from icalendar import Calendar
from task_service.main import create
from task_service.settings import Settings
from task_service.subscriptions import subscriptions

from conftest import OpenService, ServiceUnderTest
from contracts.user import UserDeleted
from services.task.tests.exports import canonical

BOB = {"authorization": "Bearer bob"}
TODOIST = """TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE
task,Paint @home @diy,white,1,1,Ada (1),,every 2nd tuesday at 9am,en,Europe/Berlin
task,Buy paint,,4,2,Ada (1),Bob (2),tomorrow,en,
note,not the cheap one,,,,Ada (1),,,,
,,,,,,,,,
section,Later,,,,,,,,
task,Read,,3,1,Ada (1),,alle zwei Tage,de,
"""
VIKUNJA: list[dict[str, Any]] = [
    {"id": 1, "title": "Flat", "parent_project_id": 0, "tasks": []},
    {
        "id": 2,
        "title": "Kitchen",
        "parent_project_id": 1,
        "tasks": [
            {
                "id": 7,
                "title": "Clean",
                "description": "<p>with <b>soap</b></p><p>twice</p>",
                "priority": 5,
                "due_date": "2099-12-03T08:30:00Z",
                "repeat_after": 1209600,
                "repeat_mode": 2,
                "labels": [{"title": "home"}],
                "reminders": [],
                "related_tasks": {"subtask": [{"id": 8}]},
                "attachments": [{"id": 1}],
                "start_date": "0001-01-01T00:00:00Z",
            },
            {"id": 8, "title": "Buy soap", "done": True, "done_at": "2026-01-02T03:04:05Z"},
            {"id": 9, "title": "Odd", "due_date": "2099-12-03T23:00:00Z", "repeat_after": 3600},
        ],
    },
]


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def finished(task: ServiceUnderTest, body: str | bytes, **more: Any) -> dict[str, Any]:
    headers = more.pop("headers", {})
    response = await task.client.post("/import", content=body, params=more, headers=headers)
    assert response.status_code == 202, response.text
    deadline = time.monotonic() + 120
    while (found := await progress(task, response.json()["id"], headers))["status"] in ("waiting", "running"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    return found


async def progress(task: ServiceUnderTest, id: str, headers: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = (await task.client.get(f"/import/{id}", headers=headers)).json()
    return found


async def exported(
    task: ServiceUnderTest, format: str = "json", headers: dict[str, str] | None = None
) -> bytes:
    response = await task.client.get(
        "/export", params={"format": format, "components": "todo"}, headers=headers or {}
    )
    assert response.status_code == 200
    return response.content


async def tasks(task: ServiceUnderTest, headers: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    items = (await task.client.get("/tasks?limit=200", headers=headers or {})).json()["items"]
    return {item["title"]: item for item in items}


async def furnish(task: ServiceUnderTest) -> None:
    """An account with something of everything."""
    add = task.client.post
    project = (await add("/projects", json={"name": "Flat", "colour": "#2f7d5b"})).json()
    inner = (await add("/projects", json={"name": "Kitchen", "parent_id": project["id"]})).json()
    await add("/labels", json={"name": "déjà vu", "colour": "#000000"})
    await add("/filters", json={"name": "Urgent", "filter": "priority = 4"})
    top = (await add("/tasks", json={"title": 'top, "quoted"\nand more', "project_id": inner["id"]})).json()
    below = (
        await add("/tasks", json={"title": "below", "parent_id": top["id"], "labels": ["Déjà Vu"]})
    ).json()
    await add("/tasks", json={"title": "deeper", "parent_id": below["id"], "notes": "=1+1\r\n\tµ"})
    await add(f"/tasks/{below['id']}/complete")
    rule = {"rule": "FREQ=MONTHLY;COUNT=5", "month_end": "skip", "missed": "all"}
    monthly: dict[str, Any] = {"title": "monthly", "due_date": "2099-01-31", "recurrence": rule}
    monthly["due_time"] = "02:30"
    monthly["reminders"] = [{"minutes_before": 30}, {"at": "2098-12-24T08:00:00Z"}]
    id = (await add("/tasks", json=monthly | {"time_zone": "America/New_York", "priority": 4})).json()["id"]
    await add(f"/tasks/{id}/complete")
    gone = (await add("/tasks", json={"title": "gone"})).json()["id"]
    await task.client.delete(f"/tasks/{gone}")


class TestJson:
    async def test_exported_json_is_imported_unchanged(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        out = await exported(task)
        report = await finished(task, out, headers=BOB)
        assert (report["status"], report["report"], report["added"]) == ("done", [], 5)
        assert canonical(await exported(task, headers=BOB)) == canonical(out)

    async def test_same_json_is_imported_once(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        out = await exported(task)
        await finished(task, out, headers=BOB)
        there = await exported(task, headers=BOB)
        again = await finished(task, gzip.compress(out), headers=BOB)
        assert (again["added"], again["skipped"]) == (0, 5)
        assert orjson.loads(await exported(task, headers=BOB))["tasks"] == orjson.loads(there)["tasks"]

    async def test_json_imported_into_its_own_account_adds_nothing(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        before = await exported(task)
        assert (await finished(task, before))["added"] == 0
        assert orjson.loads(await exported(task))["tasks"] == orjson.loads(before)["tasks"]

    async def test_imported_series_continues(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        await finished(task, await exported(task), headers=BOB)
        items = (await task.client.get("/tasks?limit=200", headers=BOB)).json()["items"]
        (following,) = [each for each in items if each["title"] == "monthly" and not each["done"]]
        await task.client.post(f"/tasks/{following['id']}/complete", headers=BOB)
        items = (await task.client.get("/tasks?limit=200", headers=BOB)).json()["items"]
        days = sorted(each["due_date"] for each in items if each["title"] == "monthly")
        assert days == ["2099-01-31", "2099-03-31", "2099-05-31"]

    async def test_each_imported_task_is_an_event(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        before = len(await task.recorded())
        await finished(task, await exported(task), headers=BOB)
        events = (await task.recorded())[before:]
        made = {f"todo.{kind}.created.v1" for kind in ("task", "project", "label", "filter")}
        assert {event["type"] for event in events} == made | {"todo.imports.finished.v1"}
        assert len((await task.client.get("/changes", headers=BOB)).json()["items"]) == 5 + 2 + 1 + 1

    async def test_invalid_values_are_reported_and_the_rest_imported(self, task: ServiceUnderTest) -> None:
        wrong = {
            "format": "todo",
            "version": 1,
            "tasks": [
                {"id": "a", "title": "x" * 600, "priority": 9, "due_time": "09:00"},
                {"id": "b", "title": " ", "recurrence": {"rule": "FREQ=HOURLY"}, "parent_id": "nobody"},
                {"id": "c", "title": "c", "parent_id": "d", "labels": ["", "l" * 200], "time_zone": "Mars"},
                {"id": "d", "title": "d", "parent_id": "c"},
                {"id": "d", "title": "again"},
            ],
        }
        found = await finished(task, json.dumps(wrong))
        assert (found["status"], found["added"], found["skipped"]) == ("done", 4, 1)
        reported = {line["where"] for line in found["report"]}
        assert reported >= {"task 1", "task 2", "task 3", "task 5"}
        assert set(await tasks(task)) == {"x" * 499 + "…", "(untitled)", "c", "d"}


class TestCsv:
    async def test_exported_csv_is_imported(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        report = await finished(task, await exported(task, "csv"), headers=BOB)
        assert (report["report"], report["added"]) == ([], 5)
        mine, theirs = await tasks(task), await tasks(task, BOB)
        for title, was in mine.items():
            same = ("notes", "labels", "priority", "due_date", "due_time", "due_at", "done", "recurrence")
            assert [theirs[title][name] for name in same] == [was[name] for name in same]

    async def test_foreign_csv_needs_only_a_title(self, task: ServiceUnderTest) -> None:
        text = 'Task,Due,Tags,Colour\nMilk,tomorrow 9am,"home, shop",red\nTea,someday,,\n,,,\n'
        found = await finished(task, text, project="Shopping")
        assert [line["where"] for line in found["report"]] == ["line 2", "line 3"]
        milk = (await tasks(task))["Milk"]
        assert (milk["labels"], milk["due_time"]) == (["home", "shop"], "09:00:00")
        names = [each["name"] for each in (await task.client.get("/projects")).json()["items"]]
        assert names == ["Shopping"]


class TestTodoist:
    async def test_todoist_import_has_projects_subtasks_labels_and_dates(
        self, task: ServiceUnderTest
    ) -> None:
        found = await finished(task, TODOIST, project="House")
        assert (found["added"], found["total"]) == (3, 3)
        assert [line["where"] for line in found["report"]] == ["line 3", "line 7"]
        items = await tasks(task)
        paint, buy = items["Paint"], items["Buy paint"]
        assert (paint["labels"], paint["priority"], paint["notes"]) == (["home", "diy"], 4, "white")
        assert paint["recurrence"]["rule"] == "FREQ=MONTHLY;BYDAY=2TU"
        assert (paint["due_time"], paint["subtasks_total"]) == ("09:00:00", 1)
        assert (buy["parent_id"], buy["priority"], buy["notes"]) == (paint["id"], 0, "not the cheap one")
        projects = (await task.client.get("/projects")).json()["items"]
        assert {each["name"] for each in projects} == {"House", "Later"}
        assert (await finished(task, TODOIST, project="House"))["added"] == 0


class TestVikunja:
    @pytest.mark.parametrize("packed", [False, True])
    async def test_vikunja_import_has_projects_subtasks_labels_and_dates(
        self, task: ServiceUnderTest, packed: bool
    ) -> None:
        body = json.dumps(VIKUNJA).encode()
        if packed:
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as file:
                file.writestr("data.json", body)
                file.writestr("VERSION", "2.5.0")
            body = archive.getvalue()
        found = await finished(task, body)
        assert (found["added"], found["skipped"]) == (3, 0)
        assert [line["where"] for line in found["report"]] == ["task 7", "task 9"]
        items = await tasks(task)
        clean, soap, odd = items["Clean"], items["Buy soap"], items["Odd"]
        assert (clean["notes"], clean["priority"], clean["labels"]) == ("with soap\ntwice", 4, ["home"])
        assert (clean["due_date"], clean["due_time"]) == ("2099-12-03", "09:30:00")
        assert clean["recurrence"]["rule"] == "FREQ=WEEKLY;INTERVAL=2"
        assert clean["recurrence"]["from"] == "completion"
        assert (soap["parent_id"], soap["completed_at"]) == (clean["id"], "2026-01-02T03:04:05Z")
        assert (odd["due_date"], odd["due_time"], odd["recurrence"]) == ("2099-12-04", None, None)


class TestDryRun:
    async def test_dry_run_previews_and_stores_nothing(self, task: ServiceUnderTest) -> None:
        response = await task.client.post("/import?dry_run=true&project=House", content=TODOIST)
        found = response.json()
        assert (response.status_code, found["status"], found["added"]) == (200, "preview", 3)
        assert [line["where"] for line in found["report"]] == ["line 3", "line 7"]
        assert await tasks(task) == {}
        assert (await task.client.get("/projects")).json()["items"] == []


class TestEnd:
    async def test_finished_import_is_one_event_with_its_losses(self, task: ServiceUnderTest) -> None:
        found = await finished(task, TODOIST)
        (event,) = await task.recorded(of="imports")
        data = event["data"] | {"finished_at": None}
        assert data == {
            "user_id": "ada",
            "import_id": found["id"],
            "source": "Todoist",
            "added": 3,
            "skipped": 0,
            "losses": len(found["report"]),
            "failure": "",
            "finished_at": None,
        }


class TestRefusal:
    @pytest.mark.parametrize(
        ("body", "format"),
        [
            (b"", None),
            (b"{}", None),
            (b"[1]", None),
            (b"{", "vikunja-json"),
            (b'{"format": "todo", "version": 2}', None),
            (b'{"format": "todo", "version": 1, "tasks": 7}', None),
            (b"a,b\n1,2\n", None),
            (b"\xff\xfe\x00", None),
            (b"\x1f\x8bnothing", None),
            (b"PK\x03\x04nothing", None),
            (gzip.compress(b"title\n" + b"x" * 33 * 1024 * 1024), None),
            (b'title\n"x', "todoist-csv"),
        ],
    )
    async def test_unreadable_file_is_rejected(
        self, task: ServiceUnderTest, body: bytes, format: str | None
    ) -> None:
        response = await task.client.post(
            "/import", content=body, params={"format": format} if format else {}
        )
        assert (response.status_code, response.json()["code"]) == (422, "import-unreadable"), response.text

    async def test_import_of_another_user_is_not_found(self, task: ServiceUnderTest) -> None:
        id = (await finished(task, TODOIST))["id"]
        assert (await task.client.get(f"/import/{id}", headers=BOB)).status_code == 404


class TestCalendar:
    async def test_calendar_export_has_a_vtodo_for_each_task(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        calendar: Any = Calendar.from_ical(await exported(task, "ics"))
        todos = {(str(each["summary"]), str(each["status"])): each for each in calendar.walk("VTODO")}
        assert len(todos) == 5
        following = todos["monthly", "NEEDS-ACTION"]
        assert following["due"].dt.isoformat() == "2099-03-31T02:30:00-04:00"
        assert following["rrule"].to_ical() == b"FREQ=MONTHLY;COUNT=4"
        assert str(following["due"].params["TZID"]) == "America/New_York"
        assert [str(each["tzid"]) for each in calendar.walk("VTIMEZONE")] == ["America/New_York"]
        assert todos["below", "COMPLETED"]["completed"]

    @pytest.mark.parametrize(
        ("rule", "due", "expected"),
        [
            ("FREQ=MONTHLY", "2099-01-31", b"FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
            ("FREQ=MONTHLY;BYMONTHDAY=30", "2099-01-30", b"FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
            ("FREQ=YEARLY", "2096-02-29", b"FREQ=YEARLY;BYMONTHDAY=28,29;BYMONTH=2;BYSETPOS=-1"),
            ("FREQ=MONTHLY;BYDAY=3FR", "2099-01-16", b"FREQ=MONTHLY;BYDAY=3FR"),
            ("FREQ=DAILY;INTERVAL=3", "2099-01-31", b"FREQ=DAILY;INTERVAL=3"),
        ],
    )
    async def test_calendar_export_has_rules_other_programs_read(
        self, task: ServiceUnderTest, rule: str, due: str, expected: bytes
    ) -> None:
        body = {"title": "a", "due_date": due, "recurrence": {"rule": rule}}
        await task.client.post("/tasks", json=body)
        calendar: Any = Calendar.from_ical(await exported(task, "ics"))
        (todo,) = calendar.walk("VTODO")
        assert todo["rrule"].to_ical() == expected
        assert todo["dtstart"].dt == todo["due"].dt

    async def test_feed_shows_open_tasks_to_whoever_knows_its_url(self, task: ServiceUnderTest) -> None:
        await furnish(task)
        path = (await task.client.post("/calendar")).json()["path"].removeprefix("/api/v1")
        response = await task.client.get(path, headers={"authorization": ""})
        assert response.headers["content-type"].startswith("text/calendar")
        calendar = Calendar.from_ical(response.content)
        assert {str(each["summary"]) for each in calendar.walk("VEVENT")} == {"monthly"}
        assert not calendar.walk("VTODO")
        unchanged = {"if-none-match": response.headers["etag"]}
        assert (await task.client.get(path, headers=unchanged)).status_code == 304

    async def test_feed_url_ends_when_renewed_or_closed(self, task: ServiceUnderTest) -> None:
        first = (await task.client.post("/calendar")).json()["path"].removeprefix("/api/v1")
        second = (await task.client.post("/calendar")).json()["path"].removeprefix("/api/v1")
        assert (await task.client.get(first)).status_code == 404
        assert (await task.client.get(second)).status_code == 200
        assert (await task.client.get("/calendar")).json()["active"]
        await task.client.delete("/calendar")
        assert (await task.client.get(second)).status_code == 404
        assert (await task.client.get("/calendar")).json()["active"] is False


class TestErasure:
    async def test_erasure_closes_the_feed_and_deletes_imports(self, task: ServiceUnderTest) -> None:
        id = (await finished(task, TODOIST))["id"]
        path = (await task.client.post("/calendar")).json()["path"].removeprefix("/api/v1")
        await task.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
        assert (await task.client.get(path)).status_code == 404
        assert (await task.client.get(f"/import/{id}")).status_code == 404
