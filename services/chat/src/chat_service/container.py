"""The container: what the chat service is made of, typed, put together once before the first request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from chat_service.conversations import ConversationStore
from chat_service.mcp.endpoint import McpEndpoint
from chat_service.settings import Settings
from servicekit.dapr.sidecar import Sidecar


@dataclass(slots=True)
class Container:
    """One of each for the whole process. A test may put another part in its place."""

    settings: Settings
    sidecar: Sidecar
    mcp_endpoint: McpEndpoint

    def conversations_of(self, user_id: str) -> ConversationStore:
        return ConversationStore(self.sidecar, user_id, self.settings.limits)


def container_of(app: FastAPI) -> Container:
    container: Container = app.state.container
    return container


async def get_container(request: Request) -> Container:
    return container_of(request.app)


ContainerDep = Annotated[Container, Depends(get_container)]
