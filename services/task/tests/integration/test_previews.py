"""What a preview shows is what the import makes, for the file of every program; and it stores nothing."""

from typing import Any

import pytest
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from services.task.tests.integration.test_import_export import finished
from services.task.tests.unit.import_export.files import ALL
from tests.system.waiting import eventually

SHOWN = 20
SAME = ("title", "notes", "priority", "due_date", "due_time", "labels")
"""What a preview and a task have in common, whatever ids they get."""


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def preview(task: ServiceUnderTest, file: bytes) -> list[dict[str, Any]]:
    response = await task.client.post("/import?dry_run=true", content=file)
    assert response.status_code == 200, response.text
    shown: list[dict[str, Any]] = response.json()["tasks"]
    return shown


async def stored(task: ServiceUnderTest) -> list[dict[str, Any]]:
    """All tasks of the user, done ones included."""
    found: list[dict[str, Any]] = (await task.client.get("/tasks?limit=200")).json()["items"]
    return found


def alike(tasks: list[dict[str, Any]]) -> list[str]:
    """What is ticked off without a time was done when it comes in, so only whether it is done counts."""
    return sorted(repr([each[name] for name in SAME] + [each["completed_at"] is None]) for each in tasks)


class TestPreview:
    @pytest.mark.parametrize("program", ALL)
    async def test_preview_shows_tasks_as_they_will_be_imported(
        self, task: ServiceUnderTest, program: str
    ) -> None:
        shown = await preview(task, ALL[program])
        assert shown
        assert await stored(task) == []
        await finished(task, ALL[program])
        made = await eventually(lambda: stored(task), lambda found: len(found) == len(shown))
        assert alike(made) == alike(shown)

    async def test_preview_shows_the_first_twenty_of_many(self, task: ServiceUnderTest) -> None:
        file = "title\n" + "".join(f"task {number}\n" for number in range(100))
        shown = await preview(task, file.encode())
        assert [each["title"] for each in shown] == [f"task {number}" for number in range(SHOWN)]

    async def test_preview_skips_tasks_that_exist_already(self, task: ServiceUnderTest) -> None:
        await finished(task, b"title\nMilk\n")
        assert [each["title"] for each in await preview(task, b"title\nMilk\nBread\n")] == ["Bread"]
