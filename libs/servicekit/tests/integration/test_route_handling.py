"""What every route gets from `TransactionalRoute`, on both databases."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI, Request, Response, Security
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from contracts.event import Event
from contracts.names import App
from contracts.user import UserUpdated
from overload import deadline
from servicekit.errors import Conflict
from servicekit.messaging.outbox import OutboxRow, record_event
from servicekit.persistence.database import Database
from servicekit.problems import install_error_handlers
from servicekit.security.auth import CurrentUser, Principal, access_token
from servicekit.web.body_limit import BodyLimit
from servicekit.web.preconditions import require_match
from servicekit.web.routes import SessionDep, create_router
from servicekit.web.schemas import RequestBody, Text

Client = httpx2.AsyncClient
READS = [Security(access_token, scopes=["tasks:read"])]
WRITES = [Security(access_token, scopes=["tasks:write"])]
things = create_router(prefix="/things", tags=["things"])
waiting = create_router(prefix="/waiting", tags=["waiting"])


class Thing(RequestBody):
    name: Text


def _event(name: str) -> Event:
    return UserUpdated(user_id="u", email="", name=name, time_zone="UTC")


@things.post("", status_code=201, dependencies=WRITES)
async def make(body: Thing, user: CurrentUser, session: SessionDep, response: Response) -> dict[str, str]:
    if body.name == "taken":
        raise Conflict
    record_event(session, _event(body.name))
    response.headers["Location"] = f"/things/{body.name}"
    return {"name": body.name, "owner": user.user_id}


@things.delete("/one", status_code=204)
async def remove(_: CurrentUser) -> None:
    pass


@things.patch("/{id}", dependencies=WRITES)
async def change(
    id: str, body: Thing, request: Request, user: CurrentUser, session: SessionDep, response: Response
) -> Thing:
    require_match(request, Thing(name="secret"), 7)
    response.headers["ETag"] = '"8"'
    return Thing(name=body.name or "secret")


@waiting.post("", status_code=204)
async def wait(request: Request, session: SessionDep) -> None:
    await session.execute(text("SELECT 1"))
    request.app.state.inside += 1
    await request.app.state.go_on.wait()


@things.get("/one", dependencies=READS)
async def show(response: Response, limit: int = 1) -> dict[str, int]:
    response.headers["ETag"] = '"7"'
    return {"limit": limit}


class Verifier:
    """Takes any token for the name of its user; behind a slash stand the scopes of an API token."""

    async def verify(self, token: str) -> Principal:
        user, _, scope = token.partition("/")
        may = frozenset(scope.split(",")) if scope else None
        return Principal(user, "user", "UTC", token, 2**40, scopes=may)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(App.USER, database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
def app(database: Database) -> FastAPI:
    app = FastAPI()
    app.add_middleware(BodyLimit, limit=1000)
    app.state.database = database
    app.state.verifier = Verifier()
    app.include_router(things)
    install_error_handlers(app)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[Client]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        client.headers["authorization"] = "Bearer ada"
        yield client


async def _recorded(database: Database) -> int:
    async with database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(OutboxRow)) or 0)


class TestTransaction:
    async def test_is_committed_before_the_answer(self, client: Client, database: Database) -> None:
        assert (await client.post("/things", json={"name": "a"})).status_code == 201
        assert await _recorded(database) == 1

    async def test_that_can_not_be_committed_is_an_error(
        self, client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(_: AsyncSession) -> None:
            raise RuntimeError("disk full")

        monkeypatch.setattr(AsyncSession, "commit", fail)
        response = await client.post("/things", json={"name": "a"})
        assert response.status_code == 500
        assert response.headers["content-type"] == "application/problem+json"
        assert await _recorded(database) == 0

    async def test_is_rolled_back_when_the_use_case_refuses(self, client: Client, database: Database) -> None:
        assert (await client.post("/things", json={"name": "taken"})).status_code == 409
        assert await _recorded(database) == 0


class TestADeadline:
    """That is over when a connection to the database is free at last."""

    async def test_leaves_a_write_undone(self, client: Client, database: Database) -> None:
        with deadline.until(time.monotonic()):
            response = await client.post("/things", json={"name": "a"}, headers={"idempotency-key": "k"})
        assert (response.status_code, response.json()["code"]) == (503, "overloaded")
        assert await _recorded(database) == 0
        again = await client.post("/things", json={"name": "a"}, headers={"idempotency-key": "k"})
        assert (again.status_code, await _recorded(database)) == (201, 1)

    async def test_gives_the_connection_back(self, client: Client, database: Database) -> None:
        with deadline.until(time.monotonic()):
            for _ in range(12):
                assert (await client.get("/things/one")).status_code == 503
        assert (await client.get("/things/one")).status_code == 200

    async def test_does_not_end_a_write_that_has_begun(
        self, app: FastAPI, client: Client, database: Database
    ) -> None:
        app.include_router(waiting)
        app.state.go_on, app.state.inside = asyncio.Event(), 0
        with deadline.until(time.monotonic() + 0.5):
            sent = asyncio.create_task(client.post("/waiting"))
        async with asyncio.timeout(5):
            while not app.state.inside:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.6)
        app.state.go_on.set()
        assert (await sent).status_code == 204


class TestDatabase:
    async def test_that_takes_no_more_connections_is_unavailable(
        self, app: FastAPI, client: Client, database: Database
    ) -> None:
        if database.is_sqlite:
            pytest.skip("SQLite has no connections to refuse")
        role = f"role_{uuid4().hex}"
        async with database.transaction() as session:
            await session.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'x' CONNECTION LIMIT 0"))
        limited = Database(App.USER, database.url.set(username=role, password="x").render_as_string(False))
        app.state.database = limited
        response = await client.post("/things", json={"name": "a"})
        assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")

    async def test_has_connections_left_while_requests_wait(
        self, app: FastAPI, client: Client, database: Database
    ) -> None:
        """A request that waits for a lock holds its connection; relay, consumers and probes need others."""
        if database.is_sqlite:
            pytest.skip("SQLite lets one write at a time, whoever it is")
        app.include_router(waiting)
        app.state.go_on, app.state.inside = asyncio.Event(), 0
        requests = [asyncio.create_task(client.post("/waiting")) for _ in range(30)]
        async with asyncio.timeout(3):
            while app.state.inside < 7:
                await asyncio.sleep(0.01)
            async with database.transaction(), database.transaction():
                await database.ping()
            assert app.state.inside == 7
            app.state.go_on.set()
        assert {response.status_code for response in await asyncio.gather(*requests)} == {204}


class TestIdempotencyKey:
    async def _post(self, client: Client, name: str, key: str, user: str = "ada") -> httpx2.Response:
        headers = {"idempotency-key": key, "authorization": f"Bearer {user}"}
        return await client.post("/things", json={"name": name}, headers=headers)

    async def test_gives_the_first_answer_again(self, client: Client, database: Database) -> None:
        first = await self._post(client, "a", "k")
        again = await self._post(client, "a", "k")
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["location"] == "/things/a"
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers
        assert await _recorded(database) == 1

    async def test_refuses_another_body(self, client: Client, database: Database) -> None:
        await self._post(client, "a", "k")
        response = await self._post(client, "b", "k")
        assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
        assert await _recorded(database) == 1

    async def test_of_another_user_is_another_key(self, client: Client, database: Database) -> None:
        await self._post(client, "a", "k")
        assert (await self._post(client, "b", "k", user="bob")).json()["owner"] == "bob"

    async def test_stays_free_when_the_request_fails(self, client: Client, database: Database) -> None:
        assert (await self._post(client, "taken", "k")).status_code == 409
        assert (await self._post(client, "a", "k")).status_code == 201

    async def test_used_many_times_at_once_has_one_effect(self, client: Client, database: Database) -> None:
        responses = await asyncio.gather(*(self._post(client, "a", "k") for _ in range(8)))
        assert {response.content for response in responses} == {responses[0].content}
        assert sum("idempotent-replayed" not in response.headers for response in responses) == 1
        assert await _recorded(database) == 1

    @pytest.mark.parametrize("key", ["", "k" * 256])
    async def test_of_unusable_length_is_refused(self, client: Client, key: str) -> None:
        assert (await self._post(client, "a", key)).json()["code"] == "idempotency-key-invalid"

    async def test_keeps_no_answer_anybody_could_read(self, client: Client, database: Database) -> None:
        await self._post(client, "very-private", "k")
        async with database.reading() as session:
            stored = (await session.execute(text("SELECT answer FROM idempotency"))).scalar_one()
        assert b"very-private" not in bytes(stored)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """API tokens may add things, with two scopes."""
    needed = [Security(access_token, scopes=["things:write", "things:read"])]
    monkeypatch.setattr(things.routes[0], "dependencies", needed)


@pytest.mark.usefixtures("opened")
class TestAnApiToken:
    async def test_with_every_scope_is_enough(self, client: Client) -> None:
        client.headers["authorization"] = "Bearer ada/things:read,things:write,more"
        assert (await client.post("/things", json={"name": "a"})).status_code == 201

    async def test_with_too_few_scopes_is_told_which(self, client: Client, database: Database) -> None:
        client.headers["authorization"] = "Bearer ada/things:read"
        response = await client.post("/things", json={"name": "a"})
        assert (response.status_code, response.json()["code"]) == (403, "insufficient-scope")
        challenge = 'Bearer error="insufficient_scope", scope="things:write things:read"'
        assert response.headers["www-authenticate"] == challenge
        assert await _recorded(database) == 0

    async def test_opens_nothing_that_is_not_written_down(self, client: Client) -> None:
        client.headers["authorization"] = "Bearer ada/things:read,things:write"
        response = await client.delete("/things/one")
        assert (response.status_code, response.json()["code"]) == (403, "insufficient-scope")
        assert response.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'

    async def test_gets_no_earlier_answer_it_may_not_ask_for(self, client: Client) -> None:
        key = {"idempotency-key": "k"}
        assert (await client.post("/things", json={"name": "a"}, headers=key)).status_code == 201
        client.headers["authorization"] = "Bearer ada/things:read"
        assert (await client.post("/things", json={"name": "a"}, headers=key)).status_code == 403


class TestReading:
    async def test_gives_304_for_the_version_the_client_has(self, client: Client) -> None:
        response = await client.get("/things/one", headers={"if-none-match": '"6", "7"'})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", '"7"')

    async def test_gives_the_resource_for_another_version(self, client: Client) -> None:
        assert (await client.get("/things/one", headers={"if-none-match": '"6"'})).status_code == 200


class TestRefusals:
    @pytest.mark.parametrize(
        ("request_of", "status", "pointer"),
        [
            ({"method": "GET", "url": "/things/one?limt=2"}, 422, "?limt"),
            ({"method": "GET", "url": "/things/one?limit=x"}, 422, "?limit"),
            ({"method": "GET", "url": "/things/one?limit=1&limit=1"}, 422, "?limit"),
            ({"method": "POST", "url": "/things", "json": {"name": "a", "nam": "b"}}, 422, "/nam"),
            ({"method": "POST", "url": "/things", "json": {}}, 422, "/name"),
            ({"method": "POST", "url": "/things", "json": {"name": "a\x00b"}}, 422, "/name"),
        ],
    )
    async def test_point_at_what_is_wrong(
        self, client: Client, request_of: dict[str, Any], status: int, pointer: str
    ) -> None:
        response = await client.request(**request_of)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["errors"][0]["pointer"] == pointer

    @pytest.mark.parametrize(
        ("content", "status", "code"), [(b"{", 400, "malformed-json"), (b"x" * 1001, 413, "too-large")]
    )
    async def test_of_bodies_are_problems(
        self, client: Client, content: bytes, status: int, code: str
    ) -> None:
        response = await client.post("/things", content=content, headers={"content-type": "application/json"})
        assert (response.status_code, response.json()["code"]) == (status, code)

    async def test_of_bodies_of_unknown_length_are_problems(self, client: Client) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"x" * 400

        response = await client.post(
            "/things", content=chunks(), headers={"content-type": "application/json"}
        )
        assert (response.status_code, response.json()["code"]) == (413, "too-large")

    async def test_of_a_missing_token_say_how_to_ask(self, client: Client) -> None:
        del client.headers["authorization"]
        response = await client.post("/things", json={"name": "a"})
        assert (response.status_code, response.json()["code"]) == (401, "token-missing")
        assert response.headers["www-authenticate"] == "Bearer"

    async def test_of_unknown_paths_are_problems(self, client: Client) -> None:
        response = await client.get("/nothing")
        assert (response.status_code, response.json()["code"]) == (404, "not-found")


class TestATokenThatMayOnlyWrite:
    """It is told that its change was made, and nothing of what is stored."""

    async def _change(self, client: Client, scope: str, **headers: str) -> httpx2.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["authorization"] = f"Bearer ada{scope}"
        return await client.patch("/things/one", json={"name": ""}, headers=sent)

    async def test_gets_no_content_of_what_it_changes(self, client: Client) -> None:
        response = await self._change(client, "/tasks:write")
        assert (response.status_code, response.content, response.headers["etag"]) == (204, b"", '"8"')

    async def test_gets_none_by_the_key_of_who_may_read(self, client: Client) -> None:
        read = await self._change(client, "", idempotency_key="k")
        response = await self._change(client, "/tasks:write", idempotency_key="k")
        assert (read.json()["name"], response.status_code, response.content) == ("secret", 204, b"")

    async def test_gets_none_with_a_412(self, client: Client) -> None:
        response = await self._change(client, "/tasks:write", if_match='"1"')
        assert (response.status_code, "secret" in response.text) == (412, False)

    async def test_is_told_what_it_made_itself(self, client: Client) -> None:
        headers = {"authorization": "Bearer ada/tasks:write"}
        assert (await client.post("/things", json={"name": "a"}, headers=headers)).json()["name"] == "a"

    @pytest.mark.parametrize("scope", ["", "/tasks:read,tasks:write"])
    async def test_that_may_read_gets_it(self, client: Client, scope: str) -> None:
        assert (await self._change(client, scope)).json()["name"] == "secret"
        refused = await self._change(client, scope, if_match='"1"')
        assert refused.json()["current"]["name"] == "secret"


class TestAKeyOfNobody:
    async def test_is_taken_from_nobody_else_by_using_it_first(self, client: Client, app: FastAPI) -> None:
        anyone = create_router(prefix="/anyone", tags=["anyone"])

        @anyone.post("")
        async def greet(body: Thing) -> dict[str, str]:
            return {"hello": body.name}

        app.include_router(anyone)
        client.headers.pop("authorization")
        headers = {"idempotency-key": "1"}
        for name in ("ada", "bob", "ada"):
            response = await client.post("/anyone", json={"name": name}, headers=headers)
            assert response.json() == {"hello": name}
        assert response.headers["idempotent-replayed"] == "true"
