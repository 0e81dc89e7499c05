"""Text is Unicode and numbers have 64 bits, or the request is refused, whatever field they stand in."""

import json
from typing import Any

import httpx2
import pytest
from fastapi import Body, FastAPI, Request
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st

from servicekit.errors import Invalid
from servicekit.problems import CatchAll, install_error_handlers
from servicekit.web.text_validation import MAX_DEPTH, TextValidation, require_valid_text

HALF = st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)
CLEAN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def refused(body: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        require_valid_text(body)
    return caught.value


class TestABody:
    @given(CLEAN)
    def test_of_text_and_numbers_passes(self, document: Any) -> None:
        require_valid_text(json.dumps(document).encode())
        require_valid_text(json.dumps(document, ensure_ascii=False).encode())

    @given(st.lists(st.text() | st.integers(0, 9)), HALF, st.text())
    def test_with_half_a_character_is_refused_wherever_it_stands(
        self, path: list[str | int], half: str, around: str
    ) -> None:
        document: Any = half if not around else "\ue000" + half + "\ue000"
        for step in reversed(path[:20]):
            document = {step: document} if isinstance(step, str) else [0] * step + [document]
        error = refused(json.dumps(document).encode())
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path[:20])
        assert error.errors[0].pointer == "".join(f"/{step}" for step in steps)

    @pytest.mark.parametrize(
        ("body", "pointer", "code"),
        [
            (rb'{"title":"half an emoji \ud83d"}', "/title", "not-unicode"),
            (b'{"title":"\xed\xa0\xbd"}', "/title", "not-unicode"),
            (rb'{"a":{"\udc00":1}}', "/a", "not-unicode"),
            (b'{"n":1e400}', "/n", "number-too-large"),
            (b'{"n":NaN}', "/n", "number-too-large"),
            (b'{"n":[-Infinity]}', "/n/0", "number-too-large"),
            (b'{"n":18446744073709551616}', "/n", "number-too-large"),
            (b'{"n":' + b"9" * 5000 + b"}", "", "number-too-large"),
        ],
    )
    def test_is_refused_with_the_pointer(self, body: bytes, pointer: str, code: str) -> None:
        error = refused(body)
        assert (error.errors[0].pointer, error.code) == (pointer, code)

    def test_that_is_a_file_may_hold_a_number_its_reader_tells_of(self) -> None:
        require_valid_text(b'{"n":1000000000000000000000}', is_file=True)
        with pytest.raises(Invalid):
            require_valid_text(rb'{"n":"\ud83d"}', is_file=True)

    @pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 900, 10_000, 500_000])
    @pytest.mark.parametrize(("opens", "shuts"), [(b"[", b"]"), (b'{"a":', b"}")])
    def test_that_is_too_deep_is_refused(self, depth: int, opens: bytes, shuts: bytes) -> None:
        assert refused(opens * depth + b"1" + shuts * depth).code == "too-deep"

    @pytest.mark.parametrize("body", [b"", b"{", b"title,notes\n", b"\xff\xfe", "\ufeff{}".encode()])
    def test_that_is_no_json_is_left_to_its_route(self, body: bytes) -> None:
        require_valid_text(body)


def app_with_gate() -> FastAPI:
    app = FastAPI()

    async def raw(request: Request) -> Any:
        return json.loads(await request.body())

    app.router.routes.append(APIRoute("/raw", raw, methods=["POST"]))

    @app.post("/model")
    async def model(body: dict[str, Any] = Body()) -> dict[str, Any]:
        return body

    install_error_handlers(app)
    app.add_middleware(TextValidation)
    app.add_middleware(CatchAll)
    return app


@pytest.fixture
def client() -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app_with_gate(), raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test")


class TestARequest:
    @pytest.mark.parametrize("path", ["/raw", "/model"])
    @pytest.mark.parametrize("kind", ["application/json", "application/merge-patch+json", ""])
    async def test_is_refused_on_every_kind_of_route(
        self, client: httpx2.AsyncClient, path: str, kind: str
    ) -> None:
        headers = {"content-type": kind} if kind else {}
        response = await client.post(path, content=rb'{"a":["\ud800"]}', headers=headers)
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/a/0")

    async def test_arrives_whole(self, client: httpx2.AsyncClient) -> None:
        sent = {"a": ["x" * 100_000]}
        assert (await client.post("/model", json=sent)).json() == sent

    @pytest.mark.parametrize("address", ["/raw?q=%ED%A0%80", "/%ff", "/raw?%80=1"])
    async def test_has_an_address_in_utf8(self, client: httpx2.AsyncClient, address: str) -> None:
        response = await client.post(address)
        assert (response.status_code, response.json()["code"]) == (400, "uri-invalid")
