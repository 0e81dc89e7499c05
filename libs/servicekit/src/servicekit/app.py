"""`create_app`: what every service is made of, in the order it is put together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute

from servicekit import health, idempotency, inbox, metrics, replays, subscriptions
from servicekit.admission import AdmissionControl, Lanes, Policy
from servicekit.auth import PublishedKeys, TokenVerifier
from servicekit.body_limit import BodyLimit
from servicekit.content_digest import ContentDigest
from servicekit.database import Database, open_database
from servicekit.deliveries import Effects
from servicekit.leaving import Leaving
from servicekit.logs import start_logging
from servicekit.migrations import migrate
from servicekit.problems import CatchAll, install_error_handlers
from servicekit.relay import Relay
from servicekit.service_app import ServiceApp
from servicekit.settings import ServiceSettings
from servicekit.sidecar import Sidecar
from servicekit.sidecar_only import SidecarOnly
from servicekit.text_gate import TextGate
from servicekit.tracing import TracingMiddleware, start_tracing

HOUSEKEEPING_SECONDS = 600

Background = Callable[[FastAPI], Coroutine[Any, Any, None]]
Forget = Callable[[AsyncSession], Awaitable[None]]
log = logging.getLogger(__name__)


def create_app(
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    *,
    listens: subscriptions.Subscriptions | None = None,
    has_database: bool = True,
    public: bool = False,
    startup: Sequence[Background] = (),
    background: Sequence[Background] = (),
    forget: Sequence[Forget] = (),
    quick: Sequence[BaseRoute] = (),
    admission: Policy | None = None,
) -> FastAPI:
    """The FastAPI app of one service.

    listens: the events it handles; needs the database.
    public: requests may come from elsewhere than the own sidecar (the edge).
    startup: run once before the first request, with `app.state` complete.
    background: run beside the requests, from then until the end.
    admission: what is done where too many requests come at once, if not the usual.
    forget: drop what this service no longer needs; done every ten minutes, in one transaction.
    quick: reads that are answered past the framework, before all routes.
    """
    start_logging(settings)
    tracer = start_tracing(settings)
    sidecar = Sidecar(settings.dapr_http_port, settings.dapr_api_token.get_secret_value())
    database = open_database(settings) if has_database else None

    app = ServiceApp(
        title=f"todo: {settings.app}",
        version="1",
        lifespan=_lifespan(settings, sidecar, database, startup, background, forget),
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    app.state.tracer = tracer
    app.state.sidecar = sidecar
    app.state.database = database
    app.state.verifier = TokenVerifier(PublishedKeys(sidecar))
    app.router.routes[:0] = quick
    for router in (health.router, *routers):
        app.include_router(router)
    if listens:
        assert database
        effects = Effects(database, sidecar, tracer, listens.handlers)
        app.state.effects = effects
        app.include_router(replays.router)
        subscriptions.mount(app, listens, effects.deliver, database)
    install_error_handlers(app)
    app.add_middleware(TextGate)
    if settings.metrics:
        metrics.install_metrics(app)
    app.add_middleware(CatchAll)
    app.add_middleware(BodyLimit)
    app.add_middleware(SidecarOnly, token=settings.app_api_token.get_secret_value(), callbacks_only=public)
    app.add_middleware(TracingMiddleware, tracer=tracer)
    app.state.lanes = Lanes(settings.requests_at_once, admission or Policy())
    app.add_middleware(AdmissionControl, lanes=app.state.lanes)
    app.add_middleware(Leaving)
    if not public:
        app.add_middleware(ContentDigest)
    return app


def _lifespan(
    settings: ServiceSettings,
    sidecar: Sidecar,
    database: Database | None,
    startup: Sequence[Background],
    background: Sequence[Background],
    forget: Sequence[Forget],
) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, FastAPI]]:
        async with AsyncExitStack() as stack:
            await sidecar.start()
            stack.push_async_callback(sidecar.close)
            if database:
                await _open(database, settings, sidecar, stack, forget)
            for begin in startup:
                await begin(app)
            for work in background:
                stack.push_async_callback(_end, asyncio.create_task(work(app)))
            log.info("%s is up", settings.app)
            yield {"app": app}

    return lifespan


async def _open(
    database: Database,
    settings: ServiceSettings,
    sidecar: Sidecar,
    stack: AsyncExitStack,
    forget: Sequence[Forget],
) -> None:
    stack.push_async_callback(database.close)
    if settings.migrate_on_start:
        await migrate(database)
    house = _keep_house(database, [idempotency.forget, inbox.forget, *forget])
    relay = Relay(database, sidecar, events_per_message=settings.events_per_message)
    for work in (relay.run(), metrics.sample_outbox(database), house):
        stack.push_async_callback(_end, asyncio.create_task(work))


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _keep_house(database: Database, forget: Sequence[Forget]) -> None:
    """Drop what is no longer needed: answers after a day, inbox rows after the events are gone, …"""
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        try:
            async with database.transaction() as session:
                for drop in forget:
                    await drop(session)
        except Exception as error:
            log.warning("housekeeping failed: %s", error)
