"""Whom the edge counts requests against: what it says is left to an address that a proxy names."""

import re
from typing import Any

import aiohttp

POLICY = re.compile(r'"default";r=(\d+);t=(\d+)')
PATH = "/api/v1/tasks"


async def left(edge: str, *forwarded: str, **options: Any) -> list[int]:
    """Units left to nobody in particular, for each `X-Forwarded-For`; the list that is asked for costs four.

    All of one window and over one connection, so by one replica. options: of `ClientSession.get`.
    """
    while True:
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(connector=connector) as session:
            readings = [await _ask(session, edge, chain, options) for chain in forwarded]
        seconds = [each[1] for each in readings]
        if seconds == sorted(seconds, reverse=True):
            return [each[0] for each in readings]


async def _ask(
    session: aiohttp.ClientSession, edge: str, chain: str, options: dict[str, Any]
) -> tuple[int, int]:
    headers = {"x-forwarded-for": chain, **options.get("headers", {})}
    async with session.get(f"{edge}{PATH}", **{**options, "headers": headers}) as response:
        found = POLICY.fullmatch(response.headers["ratelimit"])
        assert found, response.headers["ratelimit"]
        return int(found[1]), int(found[2])
