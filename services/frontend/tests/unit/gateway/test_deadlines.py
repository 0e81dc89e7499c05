"""A deadline that comes from outside: it may shorten the time a service has, and no more."""

import math
import time
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from frontend_service.gateway.api_tokens import ApiTokenExchange

from overload import deadline
from overload.deadline import HEADER
from servicekit.dapr.sidecar import SidecarResponse
from services.frontend.tests.fake_services import FakeServices
from tests.fake_sidecar import Request, make_response

TASKS = "/api/v1/tasks"
BEARER = {"authorization": "Bearer mine"}


class Services(FakeServices):
    def respond(self, request: Request) -> SidecarResponse:
        return make_response()


@pytest.fixture
def services() -> Services:
    return Services()


class TestDeadlineOfAClient:
    @pytest.mark.parametrize("timeout", ["60000", "99999999999", "soon", ""])
    async def test_never_gives_a_service_more_time(
        self, nobody: httpx2.AsyncClient, services: Services, timeout: str
    ) -> None:
        await nobody.get(TASKS, headers=BEARER | {HEADER: timeout})
        (request,) = services.requests
        assert request.timeout == 15
        assert HEADER not in request.headers

    async def test_can_give_a_service_less_time(self, nobody: httpx2.AsyncClient, services: Services) -> None:
        await nobody.post(TASKS, headers=BEARER | {HEADER: "2000"})
        assert 1 < services.requests[0].timeout <= 2

    async def test_that_has_passed_is_rejected(self, nobody: httpx2.AsyncClient, services: Services) -> None:
        refusal = await nobody.post(TASKS, headers=BEARER | {HEADER: "0"})
        assert (refusal.status_code, refusal.json()["code"]) == (503, "overloaded")
        assert services.requests == []


@dataclass
class UserService(FakeServices):
    """Exchanges API tokens, and keeps how much time it had."""

    left: list[float] = field(default_factory=list)

    async def invoke(self, *_: Any, **__: Any) -> SidecarResponse:
        self.left.append(deadline.remaining())
        return make_response(200, access_token="x", expires_in=60)


class TestSharedRequest:
    async def test_is_not_bound_by_the_deadline_of_the_first_client(self) -> None:
        service = UserService()
        with deadline.until(time.monotonic()):
            await ApiTokenExchange(service).access_token("todo_" + "a" * 43)
        assert service.left == [math.inf]
