"""A response is taken as a service's only if its digest says that all of it is there."""

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message

from servicekit.dapr.content_digest import ContentDigest, compute_digest
from servicekit.dapr.sidecar import SidecarResponse
from tests.fake_sidecar import make_raw_response


async def whole(_: Request) -> Response:
    return JSONResponse({"a": 1}, headers={"etag": '"1"'})


async def nothing(_: Request) -> Response:
    return Response(status_code=204)


async def in_parts(_: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    return StreamingResponse(parts())


ROUTES = [Route("/whole", whole), Route("/nothing", nothing), Route("/in-parts", in_parts)]


async def ask(path: str) -> SidecarResponse:
    """What arrives of the response to GET `path`, as an ASGI server would send it."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"spec_version": "2.4"},
        "method": "GET",
        "path": path,
        "headers": [],
        "query_string": b"",
    }
    await ContentDigest(Starlette(routes=ROUTES))(scope, receive, send)
    head, *parts = sent
    headers = {name.decode(): value.decode() for name, value in head["headers"]}
    return make_raw_response(head["status"], b"".join(part["body"] for part in parts), headers)


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("path", "status", "body"),
        [("/whole", 200, b'{"a":1}'), ("/nothing", 204, b""), ("/in-parts", 200, b"one two")],
    )
    async def test_is_from_the_app(self, path: str, status: int, body: bytes) -> None:
        response = await ask(path)
        assert (response.status, response.body) == (status, body)
        assert response.is_complete()
        assert not response.is_unreachable()

    async def test_keeps_its_headers(self) -> None:
        assert (await ask("/whole")).headers["etag"] == '"1"'

    @pytest.mark.parametrize("length", range(7))
    async def test_that_broke_off_is_broken_and_no_absence(self, length: int) -> None:
        response = await ask("/whole")
        broken = make_raw_response(response.status, response.body[:length], response.headers)
        assert not broken.is_complete()
        assert not broken.is_unreachable()

    @pytest.mark.parametrize("status", [500, 403])
    def test_of_dapr_that_reached_nobody_is_absence(self, status: int) -> None:
        body = b'{"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: task, err: ..."}'
        assert make_raw_response(status, body).is_unreachable()

    def test_of_a_service_that_says_the_same_is_none(self) -> None:
        body = b'{"errorCode":"ERR_DIRECT_INVOKE"}'
        assert not make_raw_response(500, body, {"content-digest": compute_digest(body)}).is_unreachable()

    @pytest.mark.parametrize("status", [400, 413, 414, 431, 500])
    def test_of_a_server_on_the_way_that_refuses_is_neither_broken_nor_absence(self, status: int) -> None:
        refusal = make_raw_response(status, b"Invalid HTTP request received.")
        assert refusal.is_complete()
        assert not refusal.is_unreachable()

    def test_of_success_without_a_digest_is_broken(self) -> None:
        assert not make_raw_response(200, b"").is_complete()
