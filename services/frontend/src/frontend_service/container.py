"""The container: every part of the frontend, typed, put together once before the first request.

`startup.open_container` makes it in the lifespan. Routes take it as a dependency (`ContainerDep`), code
without dependencies asks `container_of` for it; nothing else is kept in `app.state`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from jinja2 import Environment

from contracts.names import App
from frontend_service.account_export.export_slots import ExportSlots
from frontend_service.clients.circuit_breaker import CircuitBreaker
from frontend_service.clients.service_client import READ_SECONDS
from frontend_service.clients.services import Services
from frontend_service.gateway.api_tokens import ApiTokenExchange
from frontend_service.gateway.client_identification import ClientIdentifier
from frontend_service.gateway.early_refusal import EarlyRefusal
from frontend_service.gateway.rate_limit import RateLimit
from frontend_service.gateway.sessions import Sessions
from frontend_service.gateway.upstreams import Operations
from frontend_service.live.broker import SseBroker
from frontend_service.web.browser_spans import BrowserSpans
from frontend_service.web.static_files import StaticFiles
from servicekit.dapr.sidecar import Sidecar
from servicekit.security.auth import TokenVerifier


@dataclass(slots=True)
class Container:
    """One of each for the whole process. A test may put another part in its place."""

    sidecar: Sidecar
    circuit_breakers: Mapping[App, CircuitBreaker]
    """Shared by the gateway, the pages and the export: who finds a service away spares the others."""
    token_verifier: TokenVerifier
    sessions: Sessions
    api_tokens: ApiTokenExchange
    client_identifier: ClientIdentifier
    operations: Operations
    rate_limit: RateLimit
    early_refusal: EarlyRefusal
    broker: SseBroker
    export_slots: ExportSlots
    static_files: StaticFiles
    templates: Environment
    browser_spans: BrowserSpans

    def services_for(self, token: str, read_seconds: float = READ_SECONDS) -> Services:
        """The services, asked in the name of whom the access token `token` speaks for; empty for nobody."""
        return Services(self.sidecar, self.circuit_breakers, token, read_seconds)


def container_of(app: FastAPI) -> Container:
    container: Container = app.state.container
    return container


async def get_container(request: Request) -> Container:
    return container_of(request.app)


ContainerDep = Annotated[Container, Depends(get_container)]
