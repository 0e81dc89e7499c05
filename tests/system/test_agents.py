"""Agents at `/mcp`: the protocol's own client, through the edge and Dapr, with an API token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from tests.system.api import Api, ApiResponse
from tests.system.test_api_tokens import lacks, made
from tests.system.test_failures import is_problem

LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@asynccontextmanager
async def agent(user: Api, *scopes: str, path: str = "/mcp", mode: Any = "auto") -> AsyncIterator[Client]:
    """Somebody's agent, with an API token."""
    token = (await made(user, *scopes))["token"]
    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=30) as http:
        transport = streamable_http_client(f"{user.edge}{path}", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return dict(result.structured_content or {})


async def ask(user: Api, method: str = "POST", **headers: str) -> ApiResponse:
    """A request to `/mcp` without a client that knows the protocol."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent |= {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    async with user.session.request(method, f"{user.edge}/mcp", json=LIST_TOOLS, headers=sent) as response:
        return ApiResponse(response.status, response.headers, await response.json(content_type=None))


class TestAnAgent:
    @pytest.mark.parametrize(
        ("mode", "versions"), [("auto", MODERN_PROTOCOL_VERSIONS), ("legacy", HANDSHAKE_PROTOCOL_VERSIONS)]
    )
    async def test_does_what_a_person_asks_it_to(
        self, ada: Api, mode: str, versions: tuple[str, ...]
    ) -> None:
        """It is the tasks the person has, and the person sees what became of them."""
        await ada.insist("POST", "/tasks", {"quick": "Call the bank tomorrow #phone !3"})
        await ada.insist("POST", "/tasks", {"title": "Water the plants", "notes": "not the cactus"})
        async with agent(ada, "tasks:read", "tasks:write", mode=mode) as client:
            assert client.protocol_version in versions
            found = await call(client, "find_tasks", filter='not done and label = "phone"')
            [bank] = found["items"]
            assert (bank["title"], bank["priority"]) == ("Call the bank", 3)
            await call(client, "complete_task", id=bank["id"])
            rent = await call(client, "add_task", text="Pay rent every month on the 31st")
            await call(client, "update_task", id=rent["id"], notes="to Bob", labels=["home"])
            [plants] = (await call(client, "find_tasks", text="cactus"))["items"]
            await call(client, "delete_task", id=plants["id"])
            labels = [each["name"] for each in (await call(client, "list_labels"))["items"]]
        assert labels.count("home") == 1
        seen = {task["title"]: task for task in await ada.items("/tasks")}
        assert set(seen) == {"Call the bank", "Pay rent"}
        assert seen["Call the bank"]["done"] is True
        assert (seen["Pay rent"]["notes"], seen["Pay rent"]["labels"]) == ("to Bob", ["home"])
        assert seen["Pay rent"]["recurrence"]["month_end"] == "clamp"

    async def test_sees_nothing_of_others(self, ada: Api, nobody: Api) -> None:
        bob = await nobody.sign_up()
        task = (await ada.insist("POST", "/tasks", {"title": "mine"})).body
        async with agent(bob, "tasks:read", "tasks:write") as client:
            assert (await call(client, "find_tasks"))["items"] == []
            for tool in ("get_task", "complete_task", "delete_task"):
                assert (await client.call_tool(tool, {"id": task["id"]})).is_error
        assert (await ada.ask("GET", f"/tasks/{task['id']}")).body["done"] is False

    async def test_is_told_what_it_may_not_do_and_does_not(self, ada: Api) -> None:
        task = (await ada.insist("POST", "/tasks", {"title": "mine"})).body
        async with agent(ada, "tasks:read") as client:
            assert (await call(client, "get_task", id=task["id"]))["title"] == "mine"
            refused = await client.call_tool("complete_task", {"id": task["id"]})
        assert refused.is_error
        assert "the scope tasks:write" in str(refused.content)
        assert (await ada.ask("GET", f"/tasks/{task['id']}")).body["done"] is False

    async def test_is_told_what_is_wrong_and_where(self, ada: Api) -> None:
        async with agent(ada, "tasks:read", "tasks:write") as client:
            wrong = await client.call_tool("find_tasks", {"filter": "due <= yesterdayy"})
            assert wrong.is_error
            assert "?filter: " in str(wrong.content)
            wrong = await client.call_tool("create_task", {"title": "x", "due_time": "09:00"})
            assert "due_time needs a due_date" in str(wrong.content)

    async def test_finds_the_door_under_the_api_too(self, ada: Api) -> None:
        async with agent(ada, "tasks:read", path="/api/v1/mcp") as client:
            assert (await client.list_tools()).tools


class TestADoor:
    async def test_needs_a_token(self, nobody: Api) -> None:
        response = await ask(nobody)
        assert is_problem(response, 401, "token-missing")
        assert response.headers["www-authenticate"] == "Bearer"

    async def test_needs_a_token_that_is_good(self, nobody: Api) -> None:
        for token in ("todo_" + "x" * 43, "made.up.token"):
            assert (await ask(nobody, authorization=f"Bearer {token}")).status == 401

    async def test_needs_the_scope_to_read(self, ada: Api) -> None:
        token = (await made(ada, "tasks:write"))["token"]
        assert lacks(await ask(ada, authorization=f"Bearer {token}"), "tasks:read")

    async def test_takes_requests_that_are_posted_only(self, ada: Api) -> None:
        """There is no stream to listen to and no session to end."""
        token = (await made(ada, "tasks:read"))["token"]
        for method in ("GET", "DELETE"):
            response = await ask(ada, method, authorization=f"Bearer {token}")
            assert is_problem(response, 405, "method-not-allowed")
            assert response.headers["allow"] == "POST"

    async def test_is_limited_as_the_rest_of_the_api(self, ada: Api) -> None:
        token = (await made(ada, "tasks:read"))["token"]
        assert "ratelimit" in (await ask(ada, authorization=f"Bearer {token}")).headers

    async def test_is_closed_to_a_page_of_another_site(self, ada: Api) -> None:
        """Whatever a browser adds by itself, the cookie included, opens nothing from there."""
        form = aiohttp.FormData({"email": ada.user["email"], "password": "correct horse"})
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            own = {"sec-fetch-site": "same-origin"}
            async with browser.post(f"{ada.edge}/sign-in", data=form, headers=own) as page:
                assert page.status == 200
            assert browser.cookie_jar
            person = Api(browser, ada.edge)
            assert is_problem(await ask(person, sec_fetch_site="cross-site"), 403, "cross-site")
