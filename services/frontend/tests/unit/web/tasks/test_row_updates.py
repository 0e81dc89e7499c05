"""What a change sends of a long list: some rows, not the list again."""

import random
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest
from frontend_service.web.tasks.row_updates import find_row_updates
from frontend_service.web.tasks.task_list import TaskList, build_row

from contracts.api.tasks import TaskRead
from services.frontend.tests.fake_services import FakeServices, a_task
from tests.fake_sidecar import make_response

HTMX = {"hx-request": "true"}
LONG = 200
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LEAST_TIMES = 15
"""By how much a row is smaller than the long list."""


def many(count: int) -> list[TaskRead]:
    return [a_task(id=str(uuid4()), title=f"Task {number}", done=number % 2 == 1) for number in range(count)]


def listed(tasks: list[TaskRead], *, more: bool = False) -> TaskList:
    rows = [build_row(task, NOW) for task in tasks]
    still_open = [row for row in rows if not row.task["done"]]
    done = [row for row in rows if row.task["done"]]
    return TaskList(open=still_open, done=done, more=more, ids=[task["id"] for task in tasks])


def split(tasks: list[TaskRead]) -> dict[str, list[str]]:
    return {
        name: [each["id"] for each in tasks if each["done"] is done]
        for name, done in (("open", False), ("done", True))
    }


class TestRowUpdate:
    @pytest.mark.parametrize("verb", ["complete", "reopen", "delete", "restore"])
    async def test_is_small_for_a_long_list(
        self, ada: httpx2.AsyncClient, services: FakeServices, verb: str
    ) -> None:
        tasks = many(LONG)
        id = tasks[0]["id"]
        services.responses["GET /tasks"] = make_response(items=tasks, next_cursor=None)
        route = f"DELETE /tasks/{id}" if verb == "delete" else f"POST /tasks/{id}/{verb}"
        services.responses[route] = make_response(**tasks[0])
        whole = await ada.get(f"/?shown={LONG}", headers=HTMX)
        response = await ada.post(f"/tasks/{id}/{verb}?shown={LONG}", data={"key": "k"}, headers=HTMX)
        assert (response.status_code, response.headers["hx-reswap"]) == (200, "none")
        assert len(response.text) * LEAST_TIMES < len(whole.text)
        assert f'data-row="task-{id}"' in response.text
        rows = await ada.get(f"/tasks/rows?id={id}&shown={LONG}", headers=HTMX)
        assert len(rows.text) * LEAST_TIMES < len(whole.text)

    async def test_is_empty_where_the_page_is_up_to_date(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        services.responses["GET /tasks"] = make_response(items=[], next_cursor=None)
        assert (await ada.get("/?have=00000000", headers=HTMX)).status_code == 204
        assert (await ada.get("/?have=00000001", headers=HTMX)).status_code == 200


class TestPositionOfARow:
    @pytest.mark.parametrize("seed", range(20))
    def test_turns_the_old_list_into_the_new_one(self, seed: int) -> None:
        """Taken out and put behind the row it names, each changed row stands where it should."""
        draw = random.Random(seed)
        tasks = many(draw.randint(1, 12))
        shown = split(tasks)
        changed = draw.sample([each["id"] for each in tasks], draw.randint(0, len(tasks)))
        for each in [each for each in tasks if each["id"] in changed]:
            each["done"] = draw.random() < 0.5
            tasks.remove(each)
            if draw.random() < 0.7:
                tasks.insert(draw.randint(0, len(tasks)), each)
        for change in find_row_updates(listed(tasks), changed):
            for ids in shown.values():
                ids[:] = [id for id in ids if id != change.id]
            if change.row:
                ids = shown[change.place]
                ids.insert(ids.index(change.after) + 1 if change.after else 0, change.id)
        assert shown == split(tasks)

    def test_is_sent_for_the_whole_series_and_its_neighbours(self) -> None:
        parent, task, below, other = (a_task(id=str(uuid4())) for _ in range(4))
        task |= {"parent_id": parent["id"]}
        below |= {"parent_id": task["id"]}
        following = a_task(id=str(uuid4()), series_id="s")
        updates = find_row_updates(listed([parent, task, below, other, following]), [task["id"]], "s")
        assert {change.id for change in updates} == {each["id"] for each in (parent, task, below, following)}

    def test_is_sent_for_the_last_row_of_a_full_page(self) -> None:
        tasks = many(5)
        updates = find_row_updates(listed(tasks, more=True), [str(uuid4())])
        assert [change.id for change in updates if change.row] == [tasks[-1]["id"]]
