"""What runs beside requests: the container is put together at startup, then MCP is served."""

from fastapi import FastAPI

from chat_service.container import Container, container_of
from chat_service.mcp.endpoint import create_mcp_endpoint


async def open_container(app: FastAPI) -> None:
    app.state.container = Container(app.state.settings, app.state.sidecar, create_mcp_endpoint())


async def serve_mcp(app: FastAPI) -> None:
    await container_of(app).mcp_endpoint.serve()


STARTUP = (open_container,)
WORK = (serve_mcp,)
