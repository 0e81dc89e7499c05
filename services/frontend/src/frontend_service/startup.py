"""What the frontend needs before the first request: its container, and the gateway before all routes."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from contracts.names import App
from frontend_service.account_export.export_slots import ExportSlots
from frontend_service.clients.circuit_breaker import CircuitBreaker
from frontend_service.container import Container, container_of
from frontend_service.gateway.api_gateway import PREFIX, ApiGateway
from frontend_service.gateway.api_tokens import ApiTokenExchange
from frontend_service.gateway.client_identification import ClientIdentifier
from frontend_service.gateway.costs import override_costs
from frontend_service.gateway.early_refusal import EarlyRefusal
from frontend_service.gateway.gateway_route import GatewayRoute
from frontend_service.gateway.rate_limit import RateLimit
from frontend_service.gateway.security_middleware import create_security_middleware
from frontend_service.gateway.sessions import SECRET, Sessions, encryption_key
from frontend_service.gateway.upstreams import read_operations
from frontend_service.live.broker import SseBroker
from frontend_service.settings import Settings, read_budgets
from frontend_service.web import api_docs
from frontend_service.web.browser_spans import BrowserSpans
from frontend_service.web.rendering import create_environment
from frontend_service.web.static_files import StaticFiles
from servicekit.dapr.sidecar import Sidecar
from servicekit.errors import Overloaded
from servicekit.problems import build_problem_response
from servicekit.security.auth import TokenVerifier
from servicekit.web.admission import Bulkheads

StartupStep = Callable[[FastAPI], Coroutine[Any, Any, None]]


def startup_steps(settings: Settings, broker: SseBroker) -> Sequence[StartupStep]:
    """What `create_app` runs before the first request, in this order."""
    return [partial(open_container, settings=settings, broker=broker), open_routes]


async def open_container(app: FastAPI, settings: Settings, broker: SseBroker) -> None:
    """Read the secret that encrypts sessions, and put everything together."""
    sidecar: Sidecar = app.state.sidecar
    verifier: TokenVerifier = app.state.verifier
    bulkheads: Bulkheads = app.state.bulkheads
    sessions = await _open_sessions(settings, sidecar)
    api_tokens = ApiTokenExchange(sidecar)
    client_identifier = ClientIdentifier(verifier, sessions, api_tokens)
    refusal = create_security_middleware(app, settings).add_headers(
        build_problem_response(Overloaded()), f"{PREFIX}/"
    )
    static_files = StaticFiles()
    app.state.container = Container(
        sidecar=sidecar,
        circuit_breakers={name: CircuitBreaker(name.value) for name in App},
        token_verifier=verifier,
        sessions=sessions,
        api_tokens=api_tokens,
        client_identifier=client_identifier,
        operations=read_operations(override_costs(settings.rate_weights)),
        rate_limit=RateLimit(settings.rate_limit, settings.rate_window, read_budgets(settings)),
        early_refusal=EarlyRefusal(bulkheads, client_identifier, refusal),
        broker=broker,
        export_slots=ExportSlots(settings.exports_at_once),
        static_files=static_files,
        templates=create_environment(static_files, settings.trace_sample_ratio),
        browser_spans=BrowserSpans(settings),
    )


async def open_routes(app: FastAPI) -> None:
    """Put the gateway before all routes, and after them the page that says that nothing is there."""
    gateway = ApiGateway(container_of(app))
    app.router.routes.insert(0, GatewayRoute(gateway, frozenset(_own_operations(app))))
    app.include_router(api_docs.fallback_router)


async def _open_sessions(settings: Settings, sidecar: Sidecar) -> Sessions:
    """The secret has a `key`, and a `previous` one while it is changed."""
    secret = await sidecar.secret(SECRET)
    previous = encryption_key(secret["previous"]) if secret.get("previous") else None
    return Sessions(encryption_key(secret["key"]), settings.secure_cookies, sidecar, previous)


def _own_operations(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of what the frontend answers itself below the prefix of the API."""
    for route in iter_route_contexts(app.router.routes):
        path = route.path or ""
        if path.startswith(f"{PREFIX}/"):
            assert "{" not in path, f"the gateway can't tell {path} from what services answer"
            yield from ((method, path) for method in route.methods or ())
