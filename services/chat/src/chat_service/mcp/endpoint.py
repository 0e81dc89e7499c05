"""The MCP endpoint: streamable HTTP without sessions, so any replica answers any request.

One request, one JSON answer, nothing kept in between. Clients of the revision 2026-07-28 are served as well
as those that shake hands first.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import Receive, Scope, Send

from chat_service.mcp.server import ToolServer
from chat_service.mcp.task_tools import register_tools

INSTRUCTIONS = (
    "The user's todo list. Look with find_tasks before you change anything; ids come from there. "
    "Times are the user's own unless they end in Z. Deleted tasks can be restored."
)

BEHIND_THE_GATEWAY = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""Only the own sidecar can call, and it takes a token that no other site can make a browser send."""


@dataclass(slots=True)
class McpEndpoint:
    """Answers requests of agents while `serve` runs."""

    _manager: StreamableHTTPSessionManager
    _is_open: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self) -> None:
        async with self._manager.run():
            self._is_open.set()
            await asyncio.Event().wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._is_open.wait()
        await self._manager.handle_request(scope, receive, send)


def create_mcp_endpoint() -> McpEndpoint:
    logging.getLogger("mcp").setLevel(logging.WARNING)  # below that it logs what people wrote
    server = ToolServer("todo", version="1", instructions=INSTRUCTIONS, subscriptions=False)
    register_tools(server)
    server.streamable_http_app(json_response=True, stateless_http=True, transport_security=BEHIND_THE_GATEWAY)
    return McpEndpoint(server.session_manager)
