"""`GET /users/me/usage`: the quotas of an account, put together from all services that have some."""

import asyncio

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import Field, ValidationError
from starlette.responses import Response

from contracts.names import App
from frontend_service.clients.service_client import Backend, Refused, is_away
from frontend_service.gateway.api_gateway import PREFIX
from frontend_service.gateway.authentication import caller
from frontend_service.gateway.rate_limit import RateLimit
from frontend_service.gateway.upstreams import USAGE
from frontend_service.live.broker import Hub
from servicekit.errors import Unavailable
from servicekit.security.auth import Principal
from servicekit.web.quotas import Usage, UsageList
from servicekit.web.routes import create_router, reject_unknown_parameters

SERVICES = (App.TASK, App.USER, App.NOTIFICATION, App.CHAT)
LEAST_SECONDS = 15

own_usage = create_router(prefix=PREFIX, tags=["account"], route_class=APIRoute)


class AccountUsage(UsageList):
    """All quotas of the account."""

    missing: list[str] = Field(description="services that could not be asked; their items are left out")


@own_usage.get(USAGE)
async def read_account_usage(request: Request, response: Response) -> AccountUsage:
    """How much of each quota the account uses: what is stored, and what is counted over a time.

    While a service is away its items are left out and it is named in `missing`.
    """
    reject_unknown_parameters(request, frozenset())
    headers: dict[str, str] = {}
    user = await caller(request, headers, good_for=LEAST_SECONDS)
    response.headers.update(headers)
    return await account_usage(request, user)


async def account_usage(request: Request, user: Principal) -> AccountUsage:
    """What `GET /users/me/usage` answers; raises what a service refuses."""
    state = request.app.state
    backend = Backend(state.sidecar, state.breakers, user.token)
    found = await asyncio.gather(*(_usage_of(backend, app) for app in SERVICES))
    items = [item for part in found for item in part or ()]
    missing = [app.value for app, part in zip(SERVICES, found, strict=True) if part is None]
    return AccountUsage(items=[*items, *_own(request, user)], missing=missing)


async def _usage_of(backend: Backend, app: App) -> list[Usage] | None:
    """None if the service is away."""
    try:
        return UsageList.model_validate(await backend.get(app, "/usage")).items
    except (Unavailable, ValidationError):
        return None
    except Refused as refusal:
        if is_away(refusal) or refusal.status == 404:
            return None
        raise


def _own(request: Request, user: Principal) -> list[Usage]:
    limit: RateLimit = request.app.state.rate_limit
    hub: Hub = request.app.state.hub
    open_now = hub.open_streams(user.user_id)
    streams = Usage(name="streams", used=open_now, limit=hub.streams_of_a_user)
    return [*limit.usage_of(f"user {user.user_id}"), streams]
