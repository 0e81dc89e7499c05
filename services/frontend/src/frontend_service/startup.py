"""What the frontend needs before the first request."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from contracts.names import App
from frontend_service.account_export.turns import Turns
from frontend_service.clients.circuit_breaker import Breaker
from frontend_service.gateway.api_gateway import PREFIX, Edge
from frontend_service.gateway.api_tokens import ApiTokens
from frontend_service.gateway.client_identification import Clients
from frontend_service.gateway.costs import costs_with
from frontend_service.gateway.early_refusal import EarlyRefusal
from frontend_service.gateway.gateway_route import EdgeRoute
from frontend_service.gateway.rate_limit import RateLimit
from frontend_service.gateway.security_middleware import public_answers
from frontend_service.gateway.sessions import SECRET, Sessions, sealing_key
from frontend_service.gateway.upstreams import read_operations
from frontend_service.settings import Settings, budgets_of
from frontend_service.web import api_docs
from frontend_service.web.browser_spans import BrowserSpans
from frontend_service.web.rendering import environment
from frontend_service.web.static_files import Assets
from servicekit.errors import Overloaded
from servicekit.problems import build_problem_response


async def open_edge(app: FastAPI) -> None:
    """Read the secret that seals sessions (`key`, perhaps the `previous` one), and open the edge."""
    state = app.state
    settings: Settings = state.settings
    secret = await state.sidecar.secret(SECRET)
    previous = sealing_key(secret["previous"]) if secret.get("previous") else None
    key = sealing_key(secret["key"])
    state.sessions = Sessions(key, settings.secure_cookies, state.sidecar, previous)
    state.rate_limit = RateLimit(settings.rate_limit, settings.rate_window, budgets_of(settings))
    state.operations = read_operations(costs_with(settings.rate_weights))
    state.exports = Turns(settings.exports_at_once)
    state.api_tokens = ApiTokens(state.sidecar)
    state.clients = Clients(state.verifier, state.sessions, state.api_tokens)
    refusal = public_answers(app, settings).complete(build_problem_response(Overloaded()), f"{PREFIX}/")
    state.early_refusal = EarlyRefusal(state.bulkheads, state.clients, refusal)
    edge = Edge(
        state.operations, state.sidecar, state.sessions, state.api_tokens, state.clients, state.rate_limit
    )
    app.router.routes.insert(0, EdgeRoute(edge, frozenset(_own_operations(app))))


async def open_pages(app: FastAPI) -> None:
    """Read templates and static files; what no route answers, the edge included, is a page that says so."""
    app.state.assets = Assets()
    app.state.templates = environment(app.state.assets, app.state.settings.trace_sample_ratio)
    app.state.browser_spans = BrowserSpans(app.state.settings)
    app.state.breakers = {name: Breaker(name.value) for name in App}
    app.include_router(api_docs.rest)


def _own_operations(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of what the frontend answers itself below the prefix of the API."""
    for route in iter_route_contexts(app.router.routes):
        path = route.path or ""
        if path.startswith(f"{PREFIX}/"):
            assert "{" not in path, f"the edge can't tell {path} from what services answer"
            yield from ((method, path) for method in route.methods or ())
