"""`GET /users/me/usage`: the quotas of an account, put together from all services that have some."""

import asyncio

from fastapi import Request, Security
from fastapi.routing import APIRoute
from pydantic import Field, ValidationError
from starlette.responses import Response

from contracts.names import App
from frontend_service.clients.service_client import JsonObject, ServiceClient, UpstreamError, is_unavailable
from frontend_service.container import Container, ContainerDep
from frontend_service.gateway.authentication import authenticate, bearer
from frontend_service.gateway.upstreams import USAGE
from servicekit.errors import Unavailable
from servicekit.security.auth import API_PREFIX, Principal
from servicekit.web.quotas import Usage, UsageList
from servicekit.web.routes import create_router, reject_unknown_parameters

SERVICES = (App.TASK, App.USER, App.NOTIFICATION, App.CHAT)
LEAST_SECONDS = 15

usage_router = create_router(prefix=API_PREFIX, tags=["account"], route_class=APIRoute)


class AccountUsage(UsageList):
    """All quotas of the account."""

    missing: list[str] = Field(description="services that could not be asked; their items are left out")


@usage_router.get(USAGE, dependencies=[Security(bearer, scopes=["account:read"])])
async def read_account_usage(request: Request, response: Response, container: ContainerDep) -> AccountUsage:
    """Read quotas.

    How much of each quota the account uses: what is stored, and what is counted over a time.

    While a service is away its items are left out and it is named in `missing`.
    """
    reject_unknown_parameters(request, frozenset())
    headers: dict[str, str] = {}
    user = await authenticate(request, headers, good_for=LEAST_SECONDS)
    response.headers.update(headers)
    return await collect_usage(container, user)


async def collect_usage(container: Container, user: Principal) -> AccountUsage:
    """What `GET /users/me/usage` answers; raises what a service refuses."""
    services = container.services_for(user.token)
    found = await asyncio.gather(*(_read_usage(services, app) for app in SERVICES))
    items = [item for part in found for item in part or ()]
    missing = [app.value for app, part in zip(SERVICES, found, strict=True) if part is None]
    return AccountUsage(items=[*items, *_gateway_usage(container, user)], missing=missing)


async def _read_usage(services: ServiceClient, app: App) -> list[Usage] | None:
    """None if the service is away."""
    try:
        return UsageList.model_validate(await services.get(JsonObject, app, "/usage")).items
    except (Unavailable, ValidationError):
        return None
    except UpstreamError as refusal:
        if is_unavailable(refusal) or refusal.status == 404:
            return None
        raise


def _gateway_usage(container: Container, user: Principal) -> list[Usage]:
    """What is counted here: requests, and open streams."""
    broker = container.broker
    open_now = broker.open_streams(user.user_id)
    streams = Usage(name="streams", used=open_now, limit=broker.streams_of_a_user)
    return [*container.rate_limit.list_usage(f"user {user.user_id}"), streams]
