"""Makes the people of a load before its time begins.

A sign-up is an Argon2 hash, tens of milliseconds of CPU: made under the clock, sign-ups would be most of
what a load does.
"""

import asyncio
from typing import Any
from uuid import uuid4

import aiohttp

from devstack.stack import Stack
from loadtest.load.accounts import Account
from loadtest.measure.quiet import everything_is_quiet
from loadtest.measure.system import bearer, sign_up_users
from loadtest.scenarios.tasks import FIRST_TASKS, a_task

AT_ONCE = 8


async def make_accounts(stack: Stack, number: int) -> list[Account]:
    """Sign up so many, a few at once, and wait until what they caused is over."""
    turns = asyncio.Semaphore(AT_ONCE)
    async with sign_up_users(stack, number) as (session, tokens):

        async def make_tasks(token: str) -> Account:
            async with turns:
                return Account(token, await _first_tasks(session, token))

        accounts = await asyncio.gather(*map(make_tasks, tokens))
    await everything_is_quiet(stack)
    return list(accounts)


async def _first_tasks(session: aiohttp.ClientSession, token: str) -> list[str]:
    commands = [{"uuid": str(uuid4()), "type": "task.create", "body": a_task()} for _ in range(FIRST_TASKS)]
    async with session.post("batch", json={"commands": commands}, headers=bearer(token)) as response:
        assert response.status == 200, await response.text()
        made: dict[str, Any] = await response.json()
    return [each["id"] for each in made["results"]]
