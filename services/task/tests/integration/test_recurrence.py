"""Tasks that recur, through the API: one next occurrence, whatever happens. On both databases."""

import asyncio
from datetime import date
from typing import Any

import pytest
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from services.task.tests.unit.test_conformance import EXAMPLES, days, table

RULE = {"rule": "FREQ=MONTHLY"}


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def made(task: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    response = await task.client.post("/tasks", json={"title": "rent"} | fields)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def monthly(task: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    return await made(task, **{"due_date": "2099-01-31", "recurrence": RULE} | fields)


async def complete(task: ServiceUnderTest, id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await task.client.post(f"/tasks/{id}/complete")).json()
    return found


async def open_tasks(task: ServiceUnderTest) -> list[dict[str, Any]]:
    items = (await task.client.get("/tasks?limit=200")).json()["items"]
    return [item for item in items if not item["done"]]


async def types(task: ServiceUnderTest) -> list[str]:
    return [event["type"].split(".")[2] for event in await task.recorded("task")]


class TestSetting:
    async def test_recurrence_has_defaults(self, task: ServiceUnderTest) -> None:
        found = await monthly(task)
        assert found["recurrence"] == {
            "rule": "FREQ=MONTHLY",
            "from": "due",
            "month_end": "clamp",
            "missed": "skip",
        }
        assert (found["series_id"], found["occurrence"]) == (found["id"], 1)
        assert (await task.recorded())[0]["data"]["task"]["recurrence"] == found["recurrence"]

    async def test_recurrence_patch_is_merged(self, task: ServiceUnderTest) -> None:
        id = (await monthly(task))["id"]
        response = await task.client.patch(f"/tasks/{id}", json={"recurrence": {"missed": "skip"}})
        assert response.json()["recurrence"]["rule"] == "FREQ=MONTHLY"
        assert response.json()["recurrence"]["missed"] == "skip"
        response = await task.client.patch(f"/tasks/{id}", json={"recurrence": None})
        assert response.json()["recurrence"] is None

    async def test_recurring_task_without_a_date_gets_the_first_one(self, task: ServiceUnderTest) -> None:
        found = await made(task, recurrence={"rule": "rrule:freq=weekly;byday=mo"})
        assert date.fromisoformat(found["due_date"]).weekday() == 0
        assert found["recurrence"]["rule"] == "FREQ=WEEKLY;BYDAY=MO"

    @pytest.mark.parametrize(
        ("wrong", "pointer", "code"),
        [
            (
                {"recurrence": {"rule": "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2"}},
                "/recurrence/rule",
                "rule-invalid",
            ),
            ({"recurrence": {"missed": "one"}}, "/recurrence/rule", "rule-invalid"),
            ({"recurrence": {"rule": "FREQ=DAILY", "from": "birth"}}, "/recurrence/from", "invalid"),
            ({"recurrence": {"rule": "FREQ=DAILY;UNTIL=20200101"}}, "/recurrence/rule", "rule-ends-early"),
            (
                {"recurrence": {"rule": "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3"}},
                "/recurrence/rule",
                "rule-never",
            ),
        ],
    )
    async def test_recurrence_errors_point_at_the_wrong_field(
        self, task: ServiceUnderTest, wrong: dict[str, Any], pointer: str, code: str
    ) -> None:
        body = {"title": "x", "due_date": "2027-01-31"} | wrong
        response = await task.client.post("/tasks", json=body)
        assert response.status_code == 422
        assert (response.json()["errors"][0]["pointer"], response.json()["code"]) == (pointer, code)
        assert await task.recorded() == []

    async def test_rule_errors_have_the_offset(self, task: ServiceUnderTest) -> None:
        response = await task.client.post("/tasks", json={"title": "x", "recurrence": {"rule": "FREQ=OFTEN"}})
        assert response.json()["errors"][0]["position"] == 5

    async def test_recurring_task_cannot_lose_its_date(self, task: ServiceUnderTest) -> None:
        id = (await monthly(task))["id"]
        response = await task.client.patch(f"/tasks/{id}", json={"due_date": None})
        assert response.json()["code"] == "recurrence-without-date"


class TestComplete:
    async def test_completing_adds_the_next_occurrence(self, task: ServiceUnderTest) -> None:
        first = await monthly(task, labels=["home"], due_time="09:00", notes="n", priority=3)
        assert (await complete(task, first["id"]))["done"]
        (second,) = await open_tasks(task)
        assert (second["due_date"], second["due_at"]) == ("2099-02-28", "2099-02-28T08:00:00Z")
        same = ("title", "labels", "notes", "priority", "due_time", "recurrence", "series_id")
        assert [second[name] for name in same] == [first[name] for name in same]
        assert second["occurrence"] == 2
        assert await types(task) == ["created", "completed", "created"]

    async def test_monthly_task_returns_to_the_31st(self, task: ServiceUnderTest) -> None:
        id, dates = (await monthly(task))["id"], []
        for _ in range(3):
            await complete(task, id)
            (following,) = await open_tasks(task)
            id = following["id"]
            dates.append(following["due_date"])
        assert dates == ["2099-02-28", "2099-03-31", "2099-04-30"]

    async def test_monthly_task_returns_to_the_31st_after_unrelated_edits(
        self, task: ServiceUnderTest
    ) -> None:
        await complete(task, (await monthly(task))["id"])
        (second,) = await open_tasks(task)
        await task.client.patch(f"/tasks/{second['id']}", json={"recurrence": {"missed": "skip"}})
        await complete(task, second["id"])
        (third,) = await open_tasks(task)
        assert third["due_date"] == "2099-03-31"

    async def test_series_ends_with_count(self, task: ServiceUnderTest) -> None:
        id = (await monthly(task, recurrence={"rule": "FREQ=DAILY;COUNT=2"}))["id"]
        await complete(task, id)
        (last,) = await open_tasks(task)
        await complete(task, last["id"])
        assert await open_tasks(task) == []

    async def test_concurrent_completions_make_one_occurrence_and_one_event(
        self, task: ServiceUnderTest
    ) -> None:
        id = (await monthly(task))["id"]
        responses = await asyncio.gather(*(complete(task, id) for _ in range(8)))
        assert all(response == responses[0] for response in responses)
        assert len(await open_tasks(task)) == 1
        assert await types(task) == ["created", "completed", "created"]

    async def test_second_completion_with_if_match_is_rejected(self, task: ServiceUnderTest) -> None:
        id = (await monthly(task))["id"]
        requests = [task.client.post(f"/tasks/{id}/complete", headers={"if-match": '"1"'}) for _ in range(2)]
        assert sorted(response.status_code for response in await asyncio.gather(*requests)) == [200, 412]
        assert len(await open_tasks(task)) == 1

    async def test_next_occurrence_has_open_subtasks(self, task: ServiceUnderTest) -> None:
        first = await monthly(task)
        child = await made(task, title="call", parent_id=first["id"], due_date="2099-01-30")
        await made(task, title="dial", parent_id=child["id"])
        await complete(task, child["id"])
        await complete(task, first["id"])
        found = {
            item["title"]: item for item in await open_tasks(task) if item["created_at"] > child["created_at"]
        }
        assert found["call"]["parent_id"] == found["rent"]["id"]
        assert found["call"]["due_date"] == "2099-02-27"
        copies = [item for item in await open_tasks(task) if item["title"] == "dial"]
        assert found["call"]["id"] in {item["parent_id"] for item in copies}


class TestReopen:
    async def test_reopening_retracts_the_next_occurrence(self, task: ServiceUnderTest) -> None:
        first = await monthly(task)
        await made(task, title="call", parent_id=first["id"])
        await complete(task, first["id"])
        await task.client.post(f"/tasks/{first['id']}/reopen")
        assert {item["title"] for item in await open_tasks(task)} == {"rent", "call"}
        assert len(await open_tasks(task)) == 2

    async def test_completing_again_restores_the_same_occurrence(self, task: ServiceUnderTest) -> None:
        id = (await monthly(task))["id"]
        await complete(task, id)
        (before,) = await open_tasks(task)
        await task.client.post(f"/tasks/{id}/reopen")
        await complete(task, id)
        (after,) = await open_tasks(task)
        assert (after["id"], after["version"]) == (before["id"], 3)
        assert (await types(task))[-2:] == ["completed", "restored"]

    async def test_reopening_keeps_a_completed_next_occurrence(self, task: ServiceUnderTest) -> None:
        id = (await monthly(task))["id"]
        await complete(task, id)
        (second,) = await open_tasks(task)
        await complete(task, second["id"])
        await task.client.post(f"/tasks/{id}/reopen")
        assert len(await open_tasks(task)) == 2
        await complete(task, id)
        assert [item["occurrence"] for item in await open_tasks(task)] == [3]


class TestOccurrences:
    async def test_occurrences_explain_their_dates(self, task: ServiceUnderTest) -> None:
        when = {"due_date": "2027-02-27", "due_time": "02:30", "time_zone": "Europe/Berlin"}
        id = (await made(task, **when, recurrence={"rule": "FREQ=MONTHLY;BYMONTHDAY=28,31"}))["id"]
        items = (await task.client.get(f"/tasks/{id}/occurrences?count=3")).json()["items"]
        assert items[0]["why"] == "every month on the 28th and 31st"
        assert items[1] == {
            "due_date": "2027-03-28",
            "due_time": "02:30:00",
            "due_at": "2027-03-28T01:30:00Z",
            "why": "every month on the 28th and 31st; clocks go forward, 02:30 becomes 03:30",
        }
        assert len(items) == 3

    async def test_task_without_recurrence_has_no_occurrences(self, task: ServiceUnderTest) -> None:
        id = (await made(task))["id"]
        assert (await task.client.get(f"/tasks/{id}/occurrences")).json() == {"items": []}
        assert (await task.client.get(f"/tasks/{id}/occurrences?count=0")).status_code == 422

    async def test_occurrences_match_the_conformance_table(self, task: ServiceUnderTest) -> None:
        for rule, month_end, cell in table("Month ends and leap years"):
            expected, _ = days(cell)
            recurrence = {"rule": rule, "month_end": month_end}
            id = (await made(task, due_date=str(expected[0]), recurrence=recurrence))["id"]
            path = f"/tasks/{id}/occurrences?count={len(expected) - 1}"
            found = [item["due_date"] for item in (await task.client.get(path)).json()["items"]]
            assert found == [str(day) for day in expected[1:]], rule


class TestExamplesOfTheRfc:
    @pytest.mark.parametrize(("rule", "dates"), table(EXAMPLES, having="dates"))
    async def test_rfc_examples_are_accepted_with_their_next_dates(
        self, task: ServiceUnderTest, rule: str, dates: str
    ) -> None:
        expected, _ = days(dates)
        recurrence = {"rule": rule, "month_end": "skip"}
        fields = {"due_date": str(expected[0]), "due_time": "09:00", "time_zone": "America/New_York"}
        found = await made(task, recurrence=recurrence, **fields)
        response = await task.client.get(f"/tasks/{found['id']}/occurrences?count=20")
        following = [each["due_date"] for each in response.json()["items"]]
        assert following[: len(expected) - 1] == [str(day) for day in expected[1:]]


class TestTimesOfDay:
    async def test_completing_moves_to_the_next_time_of_day(self, task: ServiceUnderTest) -> None:
        recurrence = {"rule": "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=30"}
        when = {"due_date": "2099-01-31", "due_time": "09:30", "time_zone": "UTC"}
        first = await made(task, recurrence=recurrence, **when)
        for day, clock in [("2099-01-31", "17:30:00"), ("2099-02-01", "09:30:00")]:
            await complete(task, first["id"])
            (first,) = await open_tasks(task)
            assert (first["due_date"], first["due_time"]) == (day, clock)
            assert first["due_at"] == f"{day}T{clock}Z"

    async def test_reopening_restores_the_time_of_day(self, task: ServiceUnderTest) -> None:
        recurrence = {"rule": "FREQ=HOURLY;INTERVAL=5;COUNT=3"}
        first = await made(task, due_date="2099-01-31", due_time="21:00", recurrence=recurrence)
        await complete(task, first["id"])
        await task.client.post(f"/tasks/{first['id']}/reopen")
        await complete(task, first["id"])
        (following,) = await open_tasks(task)
        assert (following["due_date"], following["due_time"]) == ("2099-02-01", "02:00:00")
        await complete(task, following["id"])
        (last,) = await open_tasks(task)
        await complete(task, last["id"])
        assert await open_tasks(task) == []

    async def test_rule_with_times_gives_a_task_its_time(self, task: ServiceUnderTest) -> None:
        rule = {"rule": "FREQ=DAILY;BYHOUR=17,9;BYSETPOS=-1"}
        found = await made(task, due_date="2099-01-31", recurrence=rule)
        assert (found["due_date"], found["due_time"]) == ("2099-01-31", "17:00:00")
        assert (await made(task, recurrence=rule))["due_time"] == "17:00:00"

    @pytest.mark.parametrize("rule", ["FREQ=HOURLY", "FREQ=DAILY;BYMINUTE=20", "FREQ=MINUTELY;INTERVAL=5"])
    async def test_hourly_rule_needs_a_due_time(self, task: ServiceUnderTest, rule: str) -> None:
        body = {"title": "x", "due_date": "2099-01-31", "recurrence": {"rule": rule}}
        response = await task.client.post("/tasks", json=body)
        assert response.status_code == 422
        assert (response.json()["code"], response.json()["errors"][0]["pointer"]) == (
            "recurrence-without-time",
            "/due_time",
        )
        with_time = {**body, "due_time": "09:00"}
        made_id = (await task.client.post("/tasks", json=with_time)).json()["id"]
        response = await task.client.patch(f"/tasks/{made_id}", json={"due_time": None})
        assert response.json()["code"] == "recurrence-without-time"

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=YEARLY;BYYEARDAY=366;INTERVAL=400;BYHOUR=9",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=11",
            "FREQ=YEARLY;BYWEEKNO=1;BYMONTH=7;BYDAY=MO",
            "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
            "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1",
        ],
    )
    async def test_rule_without_occurrences_is_rejected(self, task: ServiceUnderTest, rule: str) -> None:
        fields = {"due_date": "2097-01-31", "due_time": "09:00", "recurrence": {"rule": rule}}
        response = await task.client.post("/tasks", json={"title": "x"} | fields)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == "/recurrence/rule"
