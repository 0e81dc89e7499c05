"""Every failure is a problem document, and tells nothing of the inside."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from servicekit.persistence.database import DatabaseUnavailable
from servicekit.problems import install_error_handlers

SECRET = "SELECT password"
CUT_OFF = DBAPIError(SECRET, {}, Exception(SECRET), connection_invalidated=True)


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    install_error_handlers(app)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


class TestAnError:
    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            (OperationalError(SECRET, {}, Exception(SECRET)), 503, "database-unavailable"),
            (InterfaceError(SECRET, {}, Exception(SECRET)), 503, "database-unavailable"),
            (CUT_OFF, 503, "database-unavailable"),
            (DatabaseUnavailable(SECRET), 503, "database-unavailable"),
            (PoolTimeout(SECRET), 503, "database-busy"),
            (ConnectionResetError(SECRET), 503, "unavailable"),
            (TimeoutError(SECRET), 503, "unavailable"),
            (IntegrityError(SECRET, {}, Exception(SECRET)), 500, "internal-error"),
            (FileNotFoundError(SECRET), 500, "internal-error"),
            (KeyError(SECRET), 500, "internal-error"),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
    )
    async def test_is_told_apart_and_in_our_words(
        self, app: FastAPI, client: httpx2.AsyncClient, error: Exception, status: int, code: str
    ) -> None:
        @app.get("/")
        async def fail() -> None:
            raise error

        response = await client.get("/")
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert response.headers["content-type"] == "application/problem+json"
        assert SECRET not in response.text
        assert ("retry-after" in response.headers) == (status == 503)
