"""The frontend in this process, with made-up services behind it."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.container import container_of
from frontend_service.gateway.sessions import COOKIE, Session
from frontend_service.main import create
from frontend_service.settings import Settings

from servicekit.security.auth import JwksKeySource, TokenVerifier
from services.frontend.tests.fake_services import AnyToken, FakeServices, access_token


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
async def app(services: FakeServices) -> AsyncIterator[FastAPI]:
    app = create(Settings.model_validate({"DAPR_HTTP_PORT": 1}))
    app.state.sidecar = services
    app.state.verifier = TokenVerifier(JwksKeySource(services))
    async with app.router.lifespan_context(app):
        app.state.verifier = container_of(app).token_verifier = AnyToken()
        yield app


@pytest.fixture
async def nobody(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser without a session."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://todo.test") as client:
        yield client


@pytest.fixture
async def ada(nobody: httpx2.AsyncClient, app: FastAPI) -> httpx2.AsyncClient:
    """A browser with a session."""
    cookie = container_of(app).sessions.set_cookie(Session(access_token(), "r1", 2**40))
    nobody.cookies.set(COOKIE, cookie.partition("=")[2].partition(";")[0])
    return nobody
