"""Quick reads beside the routes they stand before: both have to give the same, to the byte."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import httpx2
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from conftest import ServiceUnderTest
from servicekit.security.auth import Agent, Principal
from servicekit.web.fast_reads import FastRead

TRACE = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-00"}
"""With it problems have one `trace_id`; the spans of their responses still differ."""


class Limited:
    """Takes any token for an API token of `ada` with these scopes."""

    def __init__(self, scopes: str) -> None:
        self._scopes = frozenset(scopes.split())

    async def verify(self, token: str) -> Principal:
        return Principal("ada", "user", "UTC", token, 2**40, scopes=self._scopes, via=Agent("t", "n"))


@contextmanager
def the_long_way(app: FastAPI) -> Iterator[None]:
    """Meanwhile all requests go to the routes of FastAPI."""
    routes = list(app.router.routes)
    app.router.routes[:] = [route for route in routes if not isinstance(route, FastRead)]
    assert len(app.router.routes) < len(routes)
    try:
        yield
    finally:
        app.router.routes[:] = routes


@contextmanager
def asked_of_sessions() -> Iterator[list[ORMExecuteState]]:
    """What this task asks meanwhile of sessions of the ORM; work beside requests has tasks of its own."""
    seen: list[ORMExecuteState] = []
    asking = asyncio.current_task()

    def note(execution: ORMExecuteState) -> None:
        if asyncio.current_task() is asking:
            seen.append(execution)

    event.listen(Session, "do_orm_execute", note)
    try:
        yield seen
    finally:
        event.remove(Session, "do_orm_execute", note)


async def read_both_ways(
    service: ServiceUnderTest, path: str, headers: Mapping[str, str] = MappingProxyType({})
) -> httpx2.Response:
    """The quick response, which asks no session of the ORM; its route gave the same."""
    with asked_of_sessions() as seen:
        short = await service.client.get(path, headers={**TRACE, **headers})
    assert not seen
    with the_long_way(service.app):
        long = await service.client.get(path, headers={**TRACE, **headers})
    assert _comparable_parts(short) == _comparable_parts(long)
    return short


def _comparable_parts(response: httpx2.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Status, body and headers of a response, without the span it tells."""
    headers = [header for header in response.headers.multi_items() if header[0] != "traceparent"]
    return response.status_code, response.content, sorted(headers)
