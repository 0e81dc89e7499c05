"""Where agents connect: the Model Context Protocol (MCP) over streamable HTTP, at `/mcp`.

One request, one JSON answer, nothing kept in between, so any replica answers. Clients of the revision
2026-07-28 are served as well as those that shake hands first.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from fastapi import APIRouter, FastAPI, Request
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chat_service.mcp.json_rpc import VERSION_HEADER, refuse_malformed
from chat_service.mcp.server import ToolServer
from chat_service.mcp.task_tools import register_tools
from servicekit.security.auth import CurrentUser

INSTRUCTIONS = (
    "The user's todo list. Look with find_tasks before you change anything; ids come from there. "
    "Times are the user's own unless they end in Z. Deleted tasks can be restored."
)

BEHIND_THE_GATEWAY = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""Only the own sidecar can call, and it takes a token that no other site can make a browser send."""

router = APIRouter(include_in_schema=False)


@dataclass(slots=True)
class McpEndpoint:
    """Answers requests of agents while `run` runs."""

    _manager: StreamableHTTPSessionManager
    _is_open: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        async with self._manager.run():
            self._is_open.set()
            await asyncio.Event().wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._is_open.wait()
        await self._manager.handle_request(scope, receive, send)


class _McpResponse(Response):
    """What the endpoint sends, in answer to a request whose body was read already."""

    def __init__(self, endpoint: McpEndpoint, body: bytes) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._unread = [body]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_again() -> Message:
            if self._unread:
                return {"type": "http.request", "body": self._unread.pop()}
            return await receive()

        await self._endpoint(scope, receive_again, send)


@router.post("/mcp")
async def handle_mcp_request(request: Request, user: CurrentUser) -> Response:  # noqa: ARG001 - tools find the user in the request
    body = await request.body()
    refusal = refuse_malformed(body, request.headers.get(VERSION_HEADER))
    return refusal or _McpResponse(request.app.state.mcp, body)


async def create_mcp_server(app: FastAPI) -> None:
    logging.getLogger("mcp").setLevel(
        logging.WARNING
    )  # below that it logs every request, and what people wrote
    server = ToolServer("todo", version="1", instructions=INSTRUCTIONS, subscriptions=False)
    register_tools(server)
    server.streamable_http_app(json_response=True, stateless_http=True, transport_security=BEHIND_THE_GATEWAY)
    app.state.mcp = McpEndpoint(server.session_manager)


async def serve_mcp(app: FastAPI) -> None:
    await app.state.mcp.run()
