"""HTTP in: agents, by the Model Context Protocol (MCP) at `/mcp`."""

from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, Request, Security
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chat_service.container import Container, ContainerDep
from chat_service.mcp.endpoint import McpEndpoint
from chat_service.mcp.json_rpc import VERSION_HEADER, refuse_malformed
from chat_service.task_client import TaskClient
from servicekit.security.auth import CurrentUser, Principal, access_token
from servicekit.web import idempotency
from servicekit.web.ids import new_id

router = APIRouter(include_in_schema=False)


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


@router.post("/mcp", dependencies=[Security(access_token, scopes=["tasks:read"])])
async def handle_mcp_request(request: Request, user: CurrentUser, container: ContainerDep) -> Response:
    body = await request.body()
    refusal = refuse_malformed(body, request.headers.get(VERSION_HEADER))
    if refusal:
        return refusal
    request.state.task_client = _task_client(request, user, container)
    return _McpResponse(container.mcp_endpoint, body)


def _task_client(request: Request, user: Principal, container: Container) -> TaskClient:
    """What tools call, in the name of who asks; a call repeated under its key changes nothing twice."""
    key = request.headers.get(idempotency.HEADER) or new_id()
    return TaskClient(container.sidecar, user, str(uuid5(NAMESPACE_URL, f"{user.user_id}/agent/{key}")))
