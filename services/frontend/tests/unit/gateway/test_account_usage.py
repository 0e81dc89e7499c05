"""The quotas of an account, put together from all services."""

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.container import container_of

from contracts.names import App
from services.frontend.tests.fake_services import FakeServices, problem
from tests.fake_sidecar import make_response

USAGE = "/api/v1/users/me/usage"
TASKS = {"name": "tasks", "used": 3, "limit": 50, "unit": "count", "window_seconds": None}


@pytest.fixture
def reporting_services(services: FakeServices) -> FakeServices:
    services.responses["GET /usage"] = lambda call: make_response(
        items=[TASKS] if call.app is App.TASK else []
    )
    return services


class TestAccountUsage:
    async def test_merges_usage_of_all_services_and_of_the_gateway(
        self, ada: httpx2.AsyncClient, reporting_services: FakeServices
    ) -> None:
        got = await ada.get(USAGE)
        usage = got.json()
        assert (got.status_code, usage["missing"]) == (200, [])
        items = {item["name"]: item for item in usage["items"]}
        assert items["tasks"] == TASKS
        assert (items["requests"]["used"], items["requests"]["limit"]) == (4, 2000)
        assert items["imports"] == {
            "name": "imports",
            "used": 0,
            "limit": 60,
            "unit": "count",
            "window_seconds": 3600,
        }
        assert items["streams"]["limit"] == 100
        assert {call.app for call in reporting_services.calls} == {
            App.TASK,
            App.USER,
            App.NOTIFICATION,
            App.CHAT,
        }
        assert got.headers["ratelimit"].startswith('"default";r=')

    async def test_names_unavailable_services(
        self, ada: httpx2.AsyncClient, reporting_services: FakeServices
    ) -> None:
        reporting_services.away = {App.CHAT}
        usage = (await ada.get(USAGE)).json()
        assert usage["missing"] == ["chat"]
        assert TASKS in usage["items"]

    async def test_names_a_service_with_an_error_or_an_unexpected_response(
        self, ada: httpx2.AsyncClient, reporting_services: FakeServices
    ) -> None:
        reporting_services.responses["GET /usage"] = lambda call: (
            problem(500, "internal") if call.app is App.USER else make_response(items=[{"no": "usage"}])
        )
        assert (await ada.get(USAGE)).json()["missing"] == ["task", "user", "notification", "chat"]

    async def test_forwards_a_refusal_of_the_services(
        self, ada: httpx2.AsyncClient, reporting_services: FakeServices
    ) -> None:
        reporting_services.responses["GET /usage"] = problem(401, "account-gone")
        refused = await ada.get(USAGE)
        assert (refused.status_code, refused.json()["code"]) == (401, "account-gone")

    async def test_requires_a_signed_in_user(
        self, nobody: httpx2.AsyncClient, reporting_services: FakeServices
    ) -> None:
        assert (await nobody.get(USAGE)).json()["code"] == "token-missing"
        assert reporting_services.calls == []

    async def test_counts_open_streams(
        self, ada: httpx2.AsyncClient, app: FastAPI, reporting_services: FakeServices
    ) -> None:
        stream = container_of(app).broker.subscribe("ada", "", 2.0**40)
        await anext(stream)
        items = {item["name"]: item for item in (await ada.get(USAGE)).json()["items"]}
        assert items["streams"]["used"] == 1
        await stream.aclose()
