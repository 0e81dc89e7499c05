"""What is posted to `/mcp` and is no request of the protocol."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ServiceUnderTest

VALID = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CHANGES = st.dictionaries(st.sampled_from([*VALID, "params"]), ANY_JSON, max_size=3)
DUMPS = ("validation error", "pydantic", "input_value", "Traceback", "JSONRPCRequest")
"""What only a validator would say."""


class TestAMessageThatIsNoRequest:
    @pytest.mark.parametrize(
        ("message", "detail"),
        [
            ([VALID], "Batches are not supported"),
            ("hello", "an object"),
            (None, "an object"),
            ({}, "jsonrpc"),
            (VALID | {"jsonrpc": "1.0"}, "jsonrpc"),
            (VALID | {"id": [1]}, "id"),
            (VALID | {"method": 5}, "method"),
            (VALID | {"params": [1]}, "params"),
        ],
    )
    async def test_is_refused_in_plain_words(self, chat: ServiceUnderTest, message: Any, detail: str) -> None:
        answered = await post(chat, encoded(message))
        assert answered.status_code == 400
        assert detail in answered.json()["error"]["message"]

    async def test_of_another_version_is_told_those_there_are(self, chat: ServiceUnderTest) -> None:
        answered = await post(chat, encoded(VALID), {"mcp-protocol-version": "1999-01-01"})
        assert answered.status_code == 400
        assert "2025-06-18" in answered.json()["error"]["data"]["supported"]

    @given(
        message=ANY_JSON, changes=st.dictionaries(st.sampled_from([*VALID, "params"]), ANY_JSON, max_size=3)
    )
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_gets_an_answer_of_ours(
        self, chat: ServiceUnderTest, message: Any, changes: dict[str, Any]
    ) -> None:
        for body in (encoded(message), encoded(VALID | changes)):
            answered = await post(chat, body)
            assert answered.status_code < 500
            assert not [dump for dump in DUMPS if dump in answered.text]


def encoded(message: Any) -> bytes:
    """With numbers of any size, which orjson would not write."""
    return json.dumps(message).encode()


async def post(chat: ServiceUnderTest, body: bytes, headers: dict[str, str] | None = None) -> Any:
    sent = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    return await chat.client.post("/mcp", content=body, headers=sent | (headers or {}))
