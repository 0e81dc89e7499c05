"""`create_app`: what every service is made of, in the order it is put together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute

from servicekit.dapr.app_token import AppTokenMiddleware
from servicekit.dapr.content_digest import ContentDigest
from servicekit.dapr.sidecar import Sidecar
from servicekit.messaging import outbox_metrics, processed_messages, replays, subscriptions
from servicekit.messaging.consumer import EventConsumer
from servicekit.messaging.outbox_relay import OutboxRelay
from servicekit.migrations import migrate
from servicekit.observability import metrics
from servicekit.observability.logs import start_logging
from servicekit.observability.tracing import TracingMiddleware, start_tracing
from servicekit.persistence.database import Database, open_database
from servicekit.problems import CatchAll, install_error_handlers
from servicekit.security.auth import JwksKeySource, TokenVerifier
from servicekit.settings import ServiceSettings
from servicekit.web import health, idempotency
from servicekit.web.admission import AdmissionControl, AdmissionPolicy, Bulkheads
from servicekit.web.body_limit import BodyLimit
from servicekit.web.connection_draining import ConnectionDraining
from servicekit.web.service_app import ServiceApp
from servicekit.web.text_validation import TextValidation

RETENTION_SECONDS = 600

Background = Callable[[FastAPI], Coroutine[Any, Any, None]]
PurgeJob = Callable[[FastAPI], Awaitable[None]]
log = logging.getLogger(__name__)


def create_app(
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    *,
    events: subscriptions.Subscriptions | None = None,
    has_database: bool = True,
    public: bool = False,
    startup: Sequence[Background] = (),
    background: Sequence[Background] = (),
    purge: Sequence[PurgeJob] = (),
    fast_reads: Sequence[BaseRoute] = (),
    admission: AdmissionPolicy | None = None,
) -> FastAPI:
    """The FastAPI app of one service.

    events: what it does with events; needs the database.
    public: requests may come from elsewhere than the own sidecar (the edge).
    startup: run once before the first request, with `app.state` complete.
    background: run beside the requests, from then until the end.
    admission: what is done where too many requests come at once, if not the usual.
    purge: delete what is past its retention; one after the other, every ten minutes.
    fast_reads: reads that are answered past the framework, before all routes.
    """
    start_logging(settings)
    tracer = start_tracing(settings)
    sidecar = Sidecar(settings.dapr_http_port, settings.dapr_api_token.get_secret_value())
    database = open_database(settings) if has_database else None

    app = ServiceApp(
        title=f"todo: {settings.app}",
        version="1",
        lifespan=_lifespan(settings, sidecar, database, startup, background, purge),
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    app.state.tracer = tracer
    app.state.sidecar = sidecar
    app.state.database = database
    app.state.verifier = TokenVerifier(JwksKeySource(sidecar))
    app.router.routes[:0] = fast_reads
    for router in (health.router, *routers):
        app.include_router(router)
    if events:
        assert database
        consumer = EventConsumer(database, sidecar, tracer, events.handlers)
        app.state.consumer = consumer
        app.include_router(replays.router)
        subscriptions.mount_subscriptions(app, events, consumer.consume, database)
    install_error_handlers(app)
    app.add_middleware(TextValidation)
    if settings.metrics:
        metrics.install_metrics(app)
    app.add_middleware(CatchAll)
    app.add_middleware(BodyLimit)
    app.add_middleware(
        AppTokenMiddleware, token=settings.app_api_token.get_secret_value(), callbacks_only=public
    )
    app.add_middleware(TracingMiddleware, tracer=tracer)
    app.state.bulkheads = Bulkheads(settings.requests_at_once, admission or AdmissionPolicy())
    app.add_middleware(AdmissionControl, bulkheads=app.state.bulkheads)
    app.add_middleware(ConnectionDraining)
    if not public:
        app.add_middleware(ContentDigest)
    return app


def _lifespan(
    settings: ServiceSettings,
    sidecar: Sidecar,
    database: Database | None,
    startup: Sequence[Background],
    background: Sequence[Background],
    purge_jobs: Sequence[PurgeJob],
) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, FastAPI]]:
        async with AsyncExitStack() as stack:
            await sidecar.start()
            stack.push_async_callback(sidecar.close)
            if database:
                await _start_persistence(database, settings, sidecar, stack)
                stack.push_async_callback(_cancel, asyncio.create_task(_run_retention(app, purge_jobs)))
            for begin in startup:
                await begin(app)
            for work in background:
                stack.push_async_callback(_cancel, asyncio.create_task(work(app)))
            log.info("%s is up", settings.app)
            yield {"app": app}

    return lifespan


async def _start_persistence(
    database: Database, settings: ServiceSettings, sidecar: Sidecar, stack: AsyncExitStack
) -> None:
    stack.push_async_callback(database.close)
    if settings.migrate_on_start:
        await migrate(database)
    relay = OutboxRelay(database, sidecar, events_per_message=settings.events_per_message)
    for work in (relay.run(), outbox_metrics.sample_outbox(database)):
        stack.push_async_callback(_cancel, asyncio.create_task(work))


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def in_one_transaction(purge: Callable[[AsyncSession], Awaitable[None]]) -> PurgeJob:
    """A purge job that is one transaction of the service's database."""

    async def purge_in_transaction(app: FastAPI) -> None:
        async with app.state.database.transaction() as session:
            await purge(session)

    return purge_in_transaction


PURGE_JOBS = tuple(map(in_one_transaction, (idempotency.purge_expired, processed_messages.purge_expired)))


async def _run_retention(app: FastAPI, jobs: Sequence[PurgeJob]) -> None:
    """Run every job now and then; one that fails keeps no other from its work."""
    while True:
        await asyncio.sleep(RETENTION_SECONDS)
        for purge in (*PURGE_JOBS, *jobs):
            try:
                await purge(app)
            except Exception as error:
                log.warning("purging failed: %s", error)
