"""Bodies hold what the contract says: a value of another type of JSON is refused where it stands."""

import pytest
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from tests.json_types import taken_with_wrong_types


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_of_every_body_are_those_of_the_document(task: ServiceUnderTest) -> None:
    bodies = {
        "tasks": {"title": "x"},
        "projects": {"name": "x"},
        "labels": {"name": "x"},
        "filters": {"name": "x", "filter": "done"},
    }
    ids = {
        kind: (await task.client.post(f"/{kind}", json=body)).json()["id"] for kind, body in bodies.items()
    }
    assert await taken_with_wrong_types(task.client, task.app, ids) == []
