"""Quick reads give, byte for byte, what the models of the API give. On both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from typing import Any, get_args

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, text
from task_service.main import create
from task_service.models import Task
from task_service.recurrence.series import From, Missed, MonthEnd
from task_service.settings import Settings
from task_service.tasks import repository
from task_service.tasks.presenters import TASK_FIELDS
from task_service.tasks.schemas import TaskPart, TaskRead

from conftest import OpenService, ServiceUnderTest
from servicekit.web.ids import new_id
from servicekit.web.pagination import Page
from tests.fast_reads import Limited

ALL = {"fields": ",".join(TASK_FIELDS)}
"""A query takes a read the long way: through FastAPI."""
fuzzy = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
maybe = st.none() | texts
numbers = st.integers(0, 2**31 - 1)
FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001  # as Hypothesis wants them
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
recurrences = st.fixed_dictionaries(
    {
        "rule": texts,
        "from": st.sampled_from(get_args(From)),
        "month_end": st.sampled_from(get_args(MonthEnd)),
        "missed": st.sampled_from(get_args(Missed)),
    }
)
reminders = st.integers(0, 525_600).map(lambda minutes: {"minutes_before": minutes}) | st.datetimes(
    FIRST, LAST
).map(lambda moment: {"at": f"{moment.replace(microsecond=0).isoformat()}Z"})


@st.composite
def tasks(draw: st.DrawFn) -> dict[str, Any]:
    """What can be stored of a task, and more than the API lets in."""
    strings = {name: draw(maybe) for name in ("project_id", "parent_id", "time_zone", "series_id")}
    counts = {name: draw(numbers) for name in ("subtasks_done", "subtasks_total", "occurrence", "version")}
    moments = {name: draw(st.none() | instants) for name in ("due_at", "completed_at")}
    known = {name: draw(instants) for name in ("created_at", "updated_at")}
    return {
        "title": draw(texts),
        "notes": draw(texts),
        "done": draw(st.booleans()),
        "priority": draw(st.integers(0, 4)),
        "labels": draw(st.lists(texts, max_size=3)),
        "due_date": draw(st.none() | st.dates()),
        "due_time": draw(st.none() | st.times()),
        "recurrence": draw(st.none() | recurrences),
        "reminders": draw(st.lists(reminders, max_size=3)),
        "position": draw(texts),
        **(strings | counts | moments | known),
    }


@pytest.fixture
async def service(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def store(service: ServiceUnderTest, *rows: dict[str, Any]) -> list[Task]:
    """These tasks and no others; the newest first."""
    stored = [Task(**fields, id=new_id(), user_id="ada") for fields in rows]
    async with service.database.transaction() as session:
        await session.execute(delete(Task))
        session.add_all(stored)
    return sorted(stored, key=lambda task: (task.created_at, task.id), reverse=True)


async def made(service: ServiceUnderTest, **fields: Any) -> str:
    response = await service.client.post("/tasks", json={"title": "t", **fields})
    assert response.status_code == 201, response.text
    id: str = response.json()["id"]
    return id


@contextmanager
def loaded() -> Iterator[list[Any]]:
    """The ORM's objects of tasks that are made meanwhile."""
    seen: list[Any] = []

    def note(task: Any, *_: Any) -> None:
        seen.append(task)

    event.listen(Task, "load", note)
    yield seen
    event.remove(Task, "load", note)


def comparable_parts(response: httpx2.Response) -> tuple[int, Any, dict[str, str]]:
    """Status, content and headers of a response, without what differs with each."""
    content = response.json() if response.content else None
    if isinstance(content, dict) and "trace_id" in content:
        del content["trace_id"]
    headers = {name: value for name, value in response.headers.items() if name != "traceparent"}
    if response.status_code >= 400:
        del headers["content-digest"]
    return response.status_code, content, headers


class TestTask:
    @fuzzy
    @given(fields=tasks())
    async def test_is_what_its_model_gives(self, service: ServiceUnderTest, fields: dict[str, Any]) -> None:
        (task,) = await store(service, fields)
        response = await service.client.get(f"/tasks/{task.id}")
        expected = TaskRead.model_validate(task)
        assert response.content == expected.model_dump_json(by_alias=True).encode()
        assert response.headers["etag"] == f'"{task.version}"'

    async def test_makes_no_object_of_the_orm(self, service: ServiceUnderTest) -> None:
        id = await made(service)
        with loaded() as seen:
            for path in (f"/tasks/{id}", f"/tasks/{id}?fields=title", "/tasks", "/tasks?sort=title"):
                assert (await service.client.get(path)).status_code == 200
        assert not seen

    @pytest.mark.parametrize("user", ["Bearer ada", "Bearer bob", "Basic ada", ""])
    @pytest.mark.parametrize("which", ["mine", "trashed", "unknown", "no-id"])
    async def test_is_refused_as_the_long_way_refuses_it(
        self, service: ServiceUnderTest, user: str, which: str
    ) -> None:
        ids = {"mine": await made(service), "trashed": await made(service), "unknown": new_id()}
        await service.client.delete(f"/tasks/{ids['trashed']}")
        path, headers = f"/tasks/{ids.get(which, 'x')}", {"authorization": user}
        short = await service.client.get(path, headers=headers)
        assert comparable_parts(short) == comparable_parts(
            await service.client.get(path, headers=headers, params=ALL)
        )
        found = 200 if (user, which) == ("Bearer ada", "mine") else 404
        assert short.status_code == (found if user.startswith("Bearer") else 401)

    @pytest.mark.parametrize("scopes", ["tasks:read", "tasks:write", "chat", ""])
    async def test_needs_the_scope_of_its_route(self, service: ServiceUnderTest, scopes: str) -> None:
        id = await made(service)
        service.app.state.verifier = Limited(scopes)
        for path in (f"/tasks/{id}", "/tasks"):
            short = await service.client.get(path)
            assert short.status_code == (200 if scopes == "tasks:read" else 403)
            assert comparable_parts(short) == comparable_parts(await service.client.get(path, params=ALL))

    async def test_is_read_again_after_its_connections_broke(self, service: ServiceUnderTest) -> None:
        id = await made(service)
        assert (await service.client.get(f"/tasks/{id}")).status_code == 200
        if not service.database.is_sqlite:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            ours = "datname = current_database() AND usename = current_user"
            async with service.database.connected() as connection:
                await connection.execute(text(f"{end} AND {ours}"))
        responses = [await service.client.get(f"/tasks/{id}") for _ in range(12)]
        assert {response.status_code for response in responses} <= {200, 503}
        assert responses[-1].status_code == 200


class TestConditionalRead:
    @pytest.mark.parametrize("tags", ['"2"', 'W/"2"', "*", '"1", "2"', '"1"', "2", '"22"', ""])
    async def test_answers_as_the_long_way(self, service: ServiceUnderTest, tags: str) -> None:
        id = await made(service)
        await service.client.patch(f"/tasks/{id}", json={"title": "second"})
        headers = {"if-none-match": tags}
        short = await service.client.get(f"/tasks/{id}", headers=headers)
        assert comparable_parts(short) == comparable_parts(
            await service.client.get(f"/tasks/{id}", headers=headers, params=ALL)
        )
        assert short.headers["etag"] == '"2"'

    async def test_reads_no_more_than_the_version_if_nothing_is_new(
        self, service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        id = await made(service)
        monkeypatch.setattr(repository, "SHOWN", None)
        response = await service.client.get(f"/tasks/{id}", headers={"if-none-match": '"1"'})
        assert (response.status_code, response.content) == (304, b"")


class TestList:
    @fuzzy
    @given(several=st.lists(tasks(), max_size=4))
    async def test_is_what_its_model_gives(
        self, service: ServiceUnderTest, several: list[dict[str, Any]]
    ) -> None:
        stored = await store(service, *several)
        expected: Page[TaskPart] = Page(
            items=[TaskPart.model_validate(task) for task in stored], next_cursor=None
        )
        for path in ("/tasks", "/tasks?limit=50", "/tasks?sort=-created"):
            response = await service.client.get(path)
            assert response.content == expected.model_dump_json(by_alias=True).encode()

    @pytest.mark.parametrize("number", [0, 49, 50, 51, 60])
    async def test_goes_on_as_the_long_way_does(self, service: ServiceUnderTest, number: int) -> None:
        moment = datetime(2099, 1, 1, tzinfo=UTC)
        usual = {"title": "t", "position": "a", "created_at": moment, "updated_at": moment}
        stored = await store(service, *(usual | {"due_time": time(9)} for _ in range(number)))
        first = (await service.client.get("/tasks")).json()
        assert [item["id"] for item in first["items"]] == [task.id for task in stored[:50]]
        rest: list[dict[str, Any]] = []
        if first["next_cursor"]:
            following = await service.client.get("/tasks", params={"cursor": first["next_cursor"]})
            rest = following.json()["items"]
        assert [item["id"] for item in rest] == [task.id for task in stored[50:]]
