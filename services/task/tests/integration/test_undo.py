"""Each undo is the inverse of its act: nothing is left over, in lists or in the trash. On both databases."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest

EXAMPLES = 25
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
MOMENTS = ("version", "updated_at", "completed_at", "deleted_at")
"""What an act and its undo may leave changed."""
RULES = ("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY", "FREQ=DAILY;COUNT=3")

Act = Callable[["Account", random.Random], Awaitable[tuple[str, str] | None]]


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


@dataclass
class Account:
    """Somebody's tasks, and what was done to them."""

    service: ServiceUnderTest
    ids: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)
    user: str = field(default_factory=lambda: uuid4().hex)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.user}"}

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        response = await self.service.client.request(method, path, json=body or None, headers=self.headers)
        assert response.status_code < 300, (method, path, response.text)
        return response.json() if response.content else None

    async def items(self, query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ask("GET", f"/tasks?limit=200&{query}"))["items"]
        return found

    async def state(self) -> dict[str, Any]:
        """Everything of it that can be seen."""
        shown: dict[str, Any] = {}
        for where in ("trash=false", "trash=true"):
            for item in await self.items(where):
                shown[f"{where} {item['id']}"] = {
                    name: value for name, value in item.items() if name not in MOMENTS
                }
        for where in ("", "&trash=true"):
            for item in (await self.ask("GET", f"/projects?limit=200{where}"))["items"]:
                shown[f"project{where} {item['id']}"] = item["name"], item["parent_id"], item["archived"]
        return shown

    async def furnish(self, draw: random.Random) -> None:
        """Tasks inside each other and in projects, some of which recur, some done, some deleted."""
        for _ in range(draw.randint(0, 2)):
            self.projects.append((await self.ask("POST", "/projects", name=uuid4().hex))["id"])
        for _ in range(draw.randint(1, 6)):
            body: dict[str, Any] = {"title": uuid4().hex[:6], "priority": draw.randint(0, 4)}
            if draw.random() < 0.5:
                body |= {"due_date": "2099-01-31", "recurrence": {"rule": draw.choice(RULES)}}
            if self.ids and draw.random() < 0.5:
                body["parent_id"] = draw.choice(self.ids)
            if self.projects and draw.random() < 0.5:
                body["project_id"] = draw.choice(self.projects)
            self.ids.append((await self.ask("POST", "/tasks", **body))["id"])
        for _ in range(draw.randint(0, 4)):
            await draw.choice(ACTS)(self, draw)
        self.ids = [item["id"] for item in await self.items("trash=false")]


async def complete(account: Account, draw: random.Random) -> tuple[str, str] | None:
    found = [each["id"] for each in await account.items("filter=not done")]
    return await _verb(account, draw, found, "complete", "reopen")


async def reopen(account: Account, draw: random.Random) -> tuple[str, str] | None:
    return await _verb(
        account, draw, [each["id"] for each in await account.items("filter=done")], "reopen", "complete"
    )


async def delete(account: Account, draw: random.Random) -> tuple[str, str] | None:
    found = [each["id"] for each in await account.items("")]
    if not found:
        return None
    id = draw.choice(found)
    await account.ask("DELETE", f"/tasks/{id}")
    return "POST", f"/tasks/{id}/restore"


async def delete_project(account: Account, draw: random.Random) -> tuple[str, str] | None:
    found = (await account.ask("GET", "/projects?limit=200"))["items"]
    if not found:
        return None
    id = draw.choice(found)["id"]
    await account.ask("DELETE", f"/projects/{id}")
    return "POST", f"/projects/{id}/restore"


ACTS: tuple[Act, ...] = (complete, reopen, delete, delete_project)


async def _verb(
    account: Account, draw: random.Random, found: list[str], verb: str, undo: str
) -> tuple[str, str] | None:
    if not found:
        return None
    id = draw.choice(found)
    await account.ask("POST", f"/tasks/{id}/{verb}")
    return "POST", f"/tasks/{id}/{undo}"


class TestAnUndo:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=CHECKS)
    @given(seed=st.integers(0, 2**32), act=st.sampled_from(ACTS))
    async def test_of_one_act_leaves_everything_as_it_was(
        self, task: ServiceUnderTest, seed: int, act: Act
    ) -> None:
        draw, account = random.Random(seed), Account(task)
        await account.furnish(draw)
        before = await account.state()
        undo = await act(account, draw)
        if undo:
            await account.ask(*undo)
        assert await account.state() == before

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=CHECKS)
    @given(seed=st.integers(0, 2**32), acts=st.lists(st.sampled_from(ACTS), min_size=2, max_size=4))
    async def test_of_several_the_last_first_does_too(
        self, task: ServiceUnderTest, seed: int, acts: list[Act]
    ) -> None:
        draw, account = random.Random(seed), Account(task)
        await account.furnish(draw)
        before = await account.state()
        for undo in reversed([await act(account, draw) for act in acts]):
            if undo:
                await account.ask(*undo)
        assert await account.state() == before

    async def test_by_a_batch_does_too(self, task: ServiceUnderTest) -> None:
        account = Account(task)
        when = {"due_date": "2099-01-31", "recurrence": {"rule": "FREQ=DAILY"}}
        id = (await account.ask("POST", "/tasks", title="rent", **when))["id"]
        await account.ask("POST", "/tasks", title="call", parent_id=id)
        before = await account.state()
        for verb in ("task.complete", "task.reopen"):
            await account.ask("POST", "/batch", commands=[{"uuid": str(uuid4()), "type": verb, "id": id}])
        assert await account.state() == before


class TestATakenBackOccurrence:
    async def rent(self, account: Account) -> tuple[str, str]:
        """A task that is open again, and what followed it."""
        when = {"due_date": "2099-01-31", "recurrence": {"rule": "FREQ=MONTHLY"}}
        first = (await account.ask("POST", "/tasks", title="rent", **when))["id"]
        await account.ask("POST", f"/tasks/{first}/complete")
        (second,) = [each["id"] for each in await account.items("filter=not done")]
        return first, second

    async def test_is_not_in_the_trash_and_is_not_restored(self, task: ServiceUnderTest) -> None:
        account = Account(task)
        first, second = await self.rent(account)
        await account.ask("POST", f"/tasks/{first}/reopen")
        assert await account.items("trash=true") == []
        response = await task.client.post(f"/tasks/{second}/restore", headers=account.headers)
        assert (response.status_code, response.json()["code"]) == (409, "comes-back-by-itself")
        assert [each["id"] for each in await account.items("")] == [first]

    async def test_that_was_changed_comes_back_as_it_was(self, task: ServiceUnderTest) -> None:
        account = Account(task)
        first, second = await self.rent(account)
        await account.ask("PATCH", f"/tasks/{second}", title="rent, the new one", notes="n")
        await account.ask("POST", f"/tasks/{first}/reopen")
        await account.ask("POST", f"/tasks/{first}/complete")
        found = await account.ask("GET", f"/tasks/{second}")
        assert (found["title"], found["notes"]) == ("rent, the new one", "n")

    async def test_that_was_deleted_before_is_not_restored_beside_the_open_one(
        self, task: ServiceUnderTest
    ) -> None:
        account = Account(task)
        first, second = await self.rent(account)
        await account.ask("DELETE", f"/tasks/{second}")
        await account.ask("POST", f"/tasks/{first}/reopen")
        response = await task.client.post(f"/tasks/{second}/restore", headers=account.headers)
        assert response.status_code == 409
        await account.ask("POST", f"/tasks/{first}/complete")
        assert await account.items("filter=not done") == []
        await account.ask("POST", f"/tasks/{second}/restore")
        assert [each["id"] for each in await account.items("filter=not done")] == [second]

    async def test_leaves_in_the_trash_what_somebody_put_below_it(self, task: ServiceUnderTest) -> None:
        account = Account(task)
        first, second = await self.rent(account)
        own = (await account.ask("POST", "/tasks", title="mine", parent_id=second))["id"]
        await account.ask("POST", f"/tasks/{first}/reopen")
        assert [each["id"] for each in await account.items("trash=true")] == [own]
        await account.ask("POST", f"/tasks/{own}/restore")
        assert (await account.ask("GET", f"/tasks/{own}"))["parent_id"] is None
