"""What the frontend answers of the API itself is limited as all of it is."""

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.container import container_of
from frontend_service.gateway.rate_limit import RateLimit
from frontend_service.live.broker import SseBroker

STREAM, EXPORT = "/api/v1/stream", "/api/v1/users/me/export"


@pytest.mark.parametrize("path", [STREAM, EXPORT])
class TestGatewayOwnRoute:
    async def test_counts_as_one_request_of_the_rate_limit(
        self, ada: httpx2.AsyncClient, app: FastAPI, path: str
    ) -> None:
        container_of(app).rate_limit = RateLimit(1, 60)
        container_of(app).rate_limit.count("user ada")
        refused = await ada.get(path)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
        assert int(refused.headers["retry-after"]) > 0

    async def test_rejects_query_parameters(self, ada: httpx2.AsyncClient, path: str) -> None:
        refused = await ada.get(f"{path}?since=1")
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown-parameter")

    async def test_counts_anonymous_clients_by_address(
        self, nobody: httpx2.AsyncClient, app: FastAPI, path: str
    ) -> None:
        container_of(app).rate_limit = RateLimit(1, 60)
        statuses = [(await nobody.get(path)).status_code for _ in range(2)]
        assert statuses == [401, 429]


async def test_open_streams_of_a_user_are_limited(ada: httpx2.AsyncClient, app: FastAPI) -> None:
    broker: SseBroker = container_of(app).broker
    streams = [broker.subscribe("ada", "", 2.0**40) for _ in range(broker.streams_of_a_user)]
    for stream in streams:
        await anext(stream)
    refused = await ada.get(STREAM)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-streams")
    assert refused.headers["retry-after"] == "5"
    assert not broker.is_full("bob")
    for stream in streams:
        await stream.aclose()
    assert not broker.is_full("ada")
