"""Large changes end as if each had been made at once, whatever comes between their parts. On both."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from task_service.fanout import use_cases, worker
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from services.task.tests.idle_workers import never_poll

EXAMPLES = 8
NAMES = ("errand", "Errand", "home", "work")
SLOTS = st.integers(0, 1)
GO_ON = st.tuples(st.just("go on"), st.integers(1, 3))
OF_LABELS = (
    st.tuples(st.just("rename"), SLOTS, st.sampled_from(NAMES)),
    st.tuples(st.just("delete label"), SLOTS),
)
OF_TRASH = (
    st.tuples(st.sampled_from(("delete", "restore")), st.just("projects"), SLOTS),
    st.tuples(st.sampled_from(("delete", "restore")), st.just("tasks"), SLOTS),
)
ADD = st.tuples(st.just("add"), SLOTS, SLOTS)
ACTS = st.one_of(
    *(
        st.lists(st.one_of(*acts), min_size=3, max_size=8)
        for acts in (
            (*OF_LABELS, GO_ON, ADD),
            (OF_TRASH[0], GO_ON),
            (*OF_TRASH, GO_ON, ADD),
            (*OF_LABELS, *OF_TRASH, GO_ON, ADD),
        )
    )
)


class Account:
    """An account whose large changes are deferred, or not."""

    def __init__(self, task: ServiceUnderTest, patch: pytest.MonkeyPatch, at_once: int) -> None:
        self.task, self.patch, self.at_once = task, patch, at_once
        self.user = {"authorization": f"Bearer {uuid4()}"}
        self.ids: dict[str, list[str]] = {"projects": [], "tasks": [], "labels": []}
        self.titles = 0

    async def call(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        self.patch.setattr(use_cases, "AT_ONCE", self.at_once)
        return await self.task.client.request(method, path, json=body, headers=self.user)

    async def fill(self) -> None:
        """Two projects, one in the other, with five tasks each; the first of each has three below it."""
        for number in range(2):
            inside = {"parent_id": self.ids["projects"][0]} if number else {}
            await self.make("projects", name=f"project {number}", **inside)
            await self.make("labels", name=f"label {number}")
        for number in range(2):
            await self.make("tasks", **await self.task_in(number, 0))
        for project, top in enumerate(self.ids["tasks"]):
            for number in range(3):
                below = await self.task_in(project, number % 2) | {"parent_id": top}
                await self.call("POST", "/tasks", below)

    async def make(self, kind: str, **body: Any) -> None:
        self.ids[kind].append((await self.call("POST", f"/{kind}", body)).json()["id"])

    async def task_in(self, project: int, label: int) -> dict[str, Any]:
        self.titles += 1
        name = (await self.call("GET", f"/labels/{self.ids['labels'][label]}")).json().get("name")
        labels = [name] if name else []
        title = f"task {self.titles}"
        return {"title": title, "labels": labels, "project_id": self.ids["projects"][project]}

    async def act(self, act: tuple[Any, ...]) -> int:
        """Do one; a name that is still being taken off tasks can be had when that is over.

        A task that is still to go along with its project is there until then.
        """
        if act[1] == "tasks":
            await go_on(self.task, 1000)
        status = (await self._act(*act)).status_code
        if status == 409 and act[0] == "rename" and self.at_once < 100:
            await go_on(self.task, 1000)
            status = (await self._act(*act)).status_code
        return status

    async def _act(self, what: str, *which: Any) -> httpx2.Response:
        if what == "rename":
            return await self.call("PATCH", f"/labels/{self.ids['labels'][which[0]]}", {"name": which[1]})
        if what == "delete label":
            return await self.call("DELETE", f"/labels/{self.ids['labels'][which[0]]}")
        if what == "add":
            return await self.call("POST", "/tasks", await self.task_in(*which))
        kind, slot = which
        path = f"/{kind}/{self.ids[kind][slot]}"
        if what == "delete":
            return await self.call("DELETE", path)
        return await self.call("POST", f"{path}/restore")

    async def state(self) -> list[tuple[Any, ...]]:
        """What is there, by titles and names."""
        found = []
        for trash in ("false", "true"):
            items = (await self.call("GET", f"/tasks?limit=200&trash={trash}")).json()["items"]
            found += [(each, trash) for each in items]
        names = {each["id"]: each["title"] for each, _ in found}
        names |= {id: f"project {number}" for number, id in enumerate(self.ids["projects"])}
        return sorted(
            (
                *(each["title"], trash, *each["labels"], each["subtasks_total"]),
                *(names.get(each[field], "") for field in ("parent_id", "project_id")),
            )
            for each, trash in found
        )


async def go_on(task: ServiceUnderTest, chunks: int) -> None:
    for _ in range(chunks):
        job = await worker._lease(task.database)
        if job is None:
            return
        await worker.change_some(task.database, job.id)
        await worker._give_back(task.database, job, 0)


@pytest.fixture
async def task(open_service: OpenService, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    monkeypatch.setattr(worker, "poll", never_poll)
    monkeypatch.setattr(worker, "CHUNK", 2)
    monkeypatch.setattr(use_cases, "MAX_JOBS", 1000)
    return await open_service(create, Settings)


class TestWhatComesBetween:
    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(acts=ACTS)
    async def test_makes_no_difference_in_the_end(
        self, task: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, acts: list[tuple[Any, ...]]
    ) -> None:
        deferred, at_once = (Account(task, monkeypatch, number) for number in (1, 10**6))
        for account in (deferred, at_once):
            await account.fill()
        for act in acts:
            if act[0] == "go on":
                await go_on(task, act[1])
            else:
                assert await deferred.act(act) == await at_once.act(act), (act, acts)
        await go_on(task, 1000)
        assert await deferred.state() == await at_once.state(), acts
