"""The API does what its OpenAPI document says, tried with made-up requests, good and bad."""

import asyncio
import gzip
from ipaddress import IPv4Address
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from devstack.paths import ROOT
from devstack.stack import Stack
from tests.system.api import open_api

EXAMPLES = 15
ENDS_THE_SESSION = {"delete_me", "sign_out"}
NEVER_ENDS = {"stream"}
FRAMING = {"connection", "content-length", "expect", "host", "transfer-encoding", "upgrade"}
TOO_LONG = (413, 414, 431)
ADDRESSES = (str(IPv4Address("198.18.0.0") + number) for number in count())
"""Each request that is not signed in comes from another one, so that none of them is one too many."""
DOCUMENT = ROOT / "services/frontend/src/frontend_service/openapi.json"

whole_api = schemathesis.openapi.from_path(DOCUMENT).exclude(operation_id=list(ENDS_THE_SESSION | NEVER_ENDS))


@schemathesis.serializer("application/gzip")
def gzipped(_: Any, value: Any) -> bytes:
    """A packed file, as `POST /import` takes it."""
    return gzip.compress(value if isinstance(value, bytes) else str(value).encode())


@schemathesis.hook
def filter_query(_: Any, query: dict[str, Any] | None) -> bool:
    """Leaves out what is wrong only before it is sent: an empty list or object is no part of an address."""
    return all(_leaves_a_trace(value) for value in (query or {}).values())


@schemathesis.hook
def filter_headers(_: Any, headers: dict[str, Any] | None) -> bool:
    """Leaves out headers that HTTP itself is made of: with them wrong, no request reaches the API."""
    return not FRAMING & {name.lower() for name in headers or {}}


def _leaves_a_trace(value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return not isinstance(value, list) or any(_leaves_a_trace(each) for each in value)


@pytest.fixture(scope="module")
def access_token(stack: Stack) -> str:
    async def sign_up() -> str:
        async with open_api(stack.addresses.edge) as api:
            return (await api.sign_up()).token

    return asyncio.run(sign_up())


def _is_refused_in_its_results(case: schemathesis.Case[Any], response: schemathesis.Response) -> bool:
    """A command with a wrong body is answered for itself, in a batch that is done."""
    return (
        case.path == "/batch"
        and response.status_code == 200
        and any(each["status"] >= 400 for each in response.json()["results"])
    )


@whole_api.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_operation(case: schemathesis.Case[Any], stack: Stack, access_token: str) -> None:
    headers = {"Authorization": f"Bearer {access_token}", "X-Forwarded-For": next(ADDRESSES)}
    response = case.call(base_url=f"{stack.addresses.edge}/api/v1", headers=headers)
    excluded = [positive_data_acceptance]  # zones, cursors … have rules a schema has no words for
    if response.status_code in TOO_LONG or _is_refused_in_its_results(case, response):
        excluded.append(negative_data_rejection)  # which doesn't know that this is a refusal, too
    # What checks send without the token counts against an address, too.
    probe = {"headers": headers | {"X-Forwarded-For": next(ADDRESSES)}}
    case.validate_response(response, excluded_checks=excluded, transport_kwargs=probe)
