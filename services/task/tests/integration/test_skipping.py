"""Leaving out occurrences, and ending a rule, through the API; each can be taken back. On both databases."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from services.task.tests.integration.test_recurrence import complete, made, open_tasks, types

RULES = (
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=3FR",
    "FREQ=MONTHLY;COUNT=5",
    "FREQ=YEARLY",
    "FREQ=DAILY;COUNT=9",
)


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def recurring(task: ServiceUnderTest, rule: str = "FREQ=MONTHLY", **fields: Any) -> dict[str, Any]:
    return await made(task, **{"due_date": "2099-01-31", "recurrence": {"rule": rule}} | fields)


async def following(task: ServiceUnderTest, id: str) -> list[str]:
    items = (await task.client.get(f"/tasks/{id}/occurrences?count=8")).json()["items"]
    return [item["due_date"] for item in items]


async def post(task: ServiceUnderTest, id: str, verb: str, **body: Any) -> Any:
    response = await task.client.post(f"/tasks/{id}/{verb}", json=body or None)
    assert response.status_code == 200, response.text
    return response.json()


class TestSkip:
    async def test_skip_moves_to_the_next_occurrence_without_completing(self, task: ServiceUnderTest) -> None:
        first = await recurring(task, due_time="09:00")
        found = await post(task, first["id"], "skip")
        assert (found["due_date"], found["due_at"], found["done"]) == (
            "2099-02-28",
            "2099-02-28T08:00:00Z",
            False,
        )
        assert await types(task) == ["created", "updated"]
        assert len(await open_tasks(task)) == 1

    async def test_skip_passes_over_missed_occurrences(self, task: ServiceUnderTest) -> None:
        late = await recurring(task, "FREQ=YEARLY", due_date="2001-03-01")
        found = await post(task, late["id"], "skip")
        assert found["due_date"] > "2026-01-01"

    async def test_skip_uses_up_one_of_count(self, task: ServiceUnderTest) -> None:
        id = (await recurring(task, "FREQ=DAILY;COUNT=3"))["id"]
        await post(task, id, "skip")
        await post(task, id, "skip")
        response = await task.client.post(f"/tasks/{id}/skip")
        assert (response.status_code, response.json()["code"]) == (409, "nothing-follows")

    async def test_skip_from_completion_counts_from_the_due_date(self, task: ServiceUnderTest) -> None:
        rule = {"rule": "FREQ=DAILY;INTERVAL=10", "from": "completion"}
        id = (await made(task, due_date="2099-01-01", recurrence=rule))["id"]
        assert (await post(task, id, "skip"))["due_date"] == "2099-01-11"
        assert (await post(task, id, "unskip", due_date="2099-01-01"))["due_date"] == "2099-01-01"

    async def test_skip_and_unskip_move_within_a_day(self, task: ServiceUnderTest) -> None:
        id = (await recurring(task, "FREQ=DAILY;BYHOUR=9,17;COUNT=3", due_time="09:00"))["id"]
        for day, clock in [("2099-01-31", "17:00:00"), ("2099-02-01", "09:00:00")]:
            found = await post(task, id, "skip")
            assert (found["due_date"], found["due_time"]) == (day, clock)
        response = await task.client.post(
            f"/tasks/{id}/unskip", json={"due_date": "2099-02-01", "due_time": "10:00"}
        )
        assert response.status_code == 422
        back = await post(task, id, "unskip", due_date="2099-01-31", due_time="09:00")
        assert (back["due_date"], back["due_time"]) == ("2099-01-31", "09:00:00")
        items = (await task.client.get(f"/tasks/{id}/occurrences?count=8")).json()["items"]
        assert [item["due_time"] for item in items] == ["17:00:00", "09:00:00"]

    @pytest.mark.parametrize("fields", [{"due_date": "2099-01-31"}, {}])
    async def test_skip_without_recurrence_is_rejected(
        self, task: ServiceUnderTest, fields: dict[str, Any]
    ) -> None:
        id = (await made(task, **fields))["id"]
        for verb, body in (("skip", None), ("unskip", {"due_date": "2099-01-01"})):
            response = await task.client.post(f"/tasks/{id}/{verb}", json=body)
            assert (response.status_code, response.json()["code"]) == (409, "nothing-follows")

    async def test_skip_of_a_completed_task_is_rejected(self, task: ServiceUnderTest) -> None:
        id = (await recurring(task))["id"]
        await complete(task, id)
        assert (await task.client.post(f"/tasks/{id}/skip")).status_code == 409

    async def test_second_skip_with_if_match_is_rejected(self, task: ServiceUnderTest) -> None:
        id = (await recurring(task))["id"]
        statuses = [
            (await task.client.post(f"/tasks/{id}/skip", headers={"if-match": '"1"'})).status_code
            for _ in range(2)
        ]
        assert statuses == [200, 412]


class TestUnskip:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        rule=st.sampled_from(RULES),
        day=st.dates(date(2090, 1, 1), date(2095, 12, 31)),
        skips=st.integers(1, 3),
    )
    @example(rule="FREQ=MONTHLY", day=date(2095, 1, 31), skips=1)
    @example(rule="FREQ=MONTHLY;COUNT=5", day=date(2095, 1, 31), skips=3)
    async def test_unskip_undoes_skips(self, task: ServiceUnderTest, rule: str, day: Any, skips: int) -> None:
        first = await recurring(task, rule, due_date=str(day))
        before = await following(task, first["id"])
        for number in range(skips):
            assert (await post(task, first["id"], "skip"))["due_date"] == before[number]
        found = await post(task, first["id"], "unskip", due_date=str(day))
        assert found["due_date"] == str(day)
        assert await following(task, first["id"]) == before

    @pytest.mark.parametrize("day", ["2099-02-27", "2099-02-28", "2098-12-31", "2100-01-01"])
    async def test_unskip_to_a_day_outside_the_series_is_rejected(
        self, task: ServiceUnderTest, day: str
    ) -> None:
        id = (await recurring(task, "FREQ=MONTHLY;BYDAY=1MO", due_date="2099-02-02"))["id"]
        response = await task.client.post(f"/tasks/{id}/unskip", json={"due_date": day})
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == "/due_date"


class TestEnding:
    @pytest.mark.parametrize("rule", RULES)
    async def test_removed_rule_set_again_continues(self, task: ServiceUnderTest, rule: str) -> None:
        id = (await recurring(task, rule))["id"]
        await post(task, id, "skip")
        before = await following(task, id)
        await task.client.patch(f"/tasks/{id}", json={"recurrence": None})
        assert await following(task, id) == []
        await task.client.patch(f"/tasks/{id}", json={"notes": "in between"})
        await task.client.patch(f"/tasks/{id}", json={"recurrence": {"rule": rule}})
        assert await following(task, id) == before

    async def test_removed_rule_restarts_from_another_date(self, task: ServiceUnderTest) -> None:
        id = (await recurring(task))["id"]
        await task.client.patch(f"/tasks/{id}", json={"recurrence": None})
        await task.client.patch(f"/tasks/{id}", json={"due_date": "2099-03-15"})
        await task.client.patch(f"/tasks/{id}", json={"recurrence": {"rule": "FREQ=MONTHLY"}})
        assert (await following(task, id))[0] == "2099-04-15"

    async def test_another_rule_restarts_the_count(self, task: ServiceUnderTest) -> None:
        id = (await recurring(task, "FREQ=DAILY;COUNT=3"))["id"]
        await post(task, id, "skip")
        await task.client.patch(f"/tasks/{id}", json={"recurrence": None})
        await task.client.patch(f"/tasks/{id}", json={"recurrence": {"rule": "FREQ=WEEKLY;COUNT=3"}})
        assert len(await following(task, id)) == 2
