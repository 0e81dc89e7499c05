"""A client of the API as a careful person writes one: it names each request and asks again."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

PATIENCE_SECONDS = 60
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """Status, headers and body of a response; the body parsed where it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class Api:
    """The API at `edge`, as one user or as nobody."""

    session: aiohttp.ClientSession
    edge: str
    token: str = ""
    refresh_token: str = ""
    user: dict[str, Any] = field(default_factory=dict)

    async def ask(self, method: str, path: str, json: Any = None, **headers: str) -> ApiResponse:
        """One request, one answer. Header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("authorization", f"Bearer {self.token}")
        url = f"{self.edge}/api/v1{path}"
        async with self.session.request(method, url, json=json, headers=sent) as response:
            is_json = "json" in response.headers.get("content-type", "")
            body = await response.json(content_type=None) if is_json else await response.read()
            return ApiResponse(response.status, response.headers, body)

    async def insist(self, method: str, path: str, json: Any = None, **headers: str) -> ApiResponse:
        """One request, asked again under one idempotency key until somebody answers it."""
        headers.setdefault("idempotency_key", str(uuid4()))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                response = await self.ask(method, path, json, **headers)
                if response.status not in TRY_AGAIN or time.monotonic() > deadline:
                    return response
            except (aiohttp.ClientError, TimeoutError):
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.2)

    async def sign_up(self, **fields: str) -> "Api":
        """A fresh user."""
        account = {"email": f"{uuid4()}@example.com", "password": "correct horse"} | fields
        response = await self.insist("POST", "/auth/sign-up", account)
        assert response.status == 201, response.body
        body = response.body
        return Api(self.session, self.edge, body["access_token"], body["refresh_token"], body["user"])

    async def items(self, path: str) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            separator = "&" if "?" in path else "?"
            response = await self.insist("GET", f"{path}{separator}limit=200{cursor}")
            assert response.status == 200, response.body
            found += response.body["items"]
            if not response.body["next_cursor"]:
                return found
            cursor = f"&cursor={response.body['next_cursor']}"


@asynccontextmanager
async def open_api(edge: str, connector: aiohttp.BaseConnector | None = None) -> AsyncIterator[Api]:
    """The API as nobody. connector: for an edge whose name or certificate nobody else knows."""
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        yield Api(session, edge)
