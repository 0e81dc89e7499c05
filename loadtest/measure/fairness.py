"""`fairness`: 600 test messages of one user at a receiver that hangs, and the first delivery of others.

Each of ten fresh users makes a change for which a webhook is called at once. What counts is the time from
the response to that change to the call. First at rest; then with as many tests waiting as the quotas let
through; then, the quotas lifted, with all of them at one webhook, and at as many as a user may have.
"""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice

import aiohttp
from aiohttp import web

from devstack.stack import Stack
from loadtest.measure import report
from loadtest.measure.system import bearer, measured_system, sign_up_users

HANGS_SECONDS = 10
AT_ONCE = 16
WEBHOOKS = 20
PAUSE_SECONDS = 1.3
"""Between tries, so that they meet the sender at different moments of its round."""
PATIENCE_SECONDS = 60
GOAL_SECONDS = 2
SLOW, PROMPT = "127.0.0.2", "127.0.0.3"
"""Two hosts, both on this machine: what goes to one host is limited as well."""
LOOPBACK = {"TODO_ALLOWED_NETWORKS": '["127.0.0.0/8"]'}
AS_SHIPPED = LOOPBACK | {"TODO_RATE_LIMIT": "2000"}
LIFTED = LOOPBACK | dict.fromkeys(("TODO_QUOTA_WEBHOOK_TESTS", "TODO_QUOTA_DELIVERY_TESTS"), "100000")


@dataclass(slots=True)
class Receiver:
    """A web server that answers each call after `seconds`."""

    seconds: float
    url: str = ""
    open_now: int = 0
    calls: int = 0
    arrived: asyncio.Queue[float] = field(default_factory=asyncio.Queue)
    """When each call came (`time.perf_counter`)."""

    async def receive_call(self, _: web.Request) -> web.Response:
        self.arrived.put_nowait(time.perf_counter())
        self.calls += 1
        self.open_now += 1
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.open_now -= 1
        return web.Response()


@asynccontextmanager
async def run_receiver(host: str, seconds: float = 0) -> AsyncIterator[Receiver]:
    """A receiver on a free port of `host`."""
    found, app = Receiver(seconds), web.Application()
    app.router.add_post("/hook", found.receive_call)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    found.url = f"http://{host}:{runner.addresses[0][1]}/hook"
    try:
        yield found
    finally:
        await runner.cleanup()


async def add_webhook(session: aiohttp.ClientSession, token: str, url: str, kind: str) -> str:
    """Its id."""
    body = {"url": url, "kinds": [kind]}
    async with session.post("webhooks", json=body, headers=bearer(token)) as response:
        assert response.status == 201, await response.text()
        return str((await response.json())["id"])


async def flood_webhook_tests(
    session: aiohttp.ClientSession, token: str, url: str, tests: int, webhooks: int
) -> Counter[int]:
    """Ask for tests of webhooks in turn; how often each status was answered."""
    ids = [await add_webhook(session, token, f"{url}?{number}", "reminder") for number in range(webhooks)]
    turns = asyncio.Semaphore(AT_ONCE)

    async def test_webhook(id: str) -> int:
        async with turns, session.post(f"webhooks/{id}/test", headers=bearer(token)) as response:
            return response.status

    return Counter(await asyncio.gather(*map(test_webhook, islice(cycle(ids), tests))))


async def first_delivery(session: aiohttp.ClientSession, token: str) -> float:
    """Seconds from the response to a user's first change to the call of their webhook."""
    async with run_receiver(PROMPT) as prompt:
        await add_webhook(session, token, prompt.url, "task.created")
        async with session.post("tasks", json={"title": "a task"}, headers=bearer(token)) as response:
            assert response.status == 201, await response.text()
        acknowledged = time.perf_counter()
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await prompt.arrived.get() - acknowledged


async def time_deliveries(session: aiohttp.ClientSession, tokens: list[str]) -> list[float]:
    found = []
    for token in tokens:
        found.append(await first_delivery(session, token))
        await asyncio.sleep(PAUSE_SECONDS)
    return found


def result_row(
    quotas: str, webhooks: str, statuses: Counter[int], slow: Receiver, found: list[float]
) -> report.Row:
    refused = sum(number for status, number in statuses.items() if status != 202)
    waiting = statuses[202] - (slow.calls - slow.open_now)
    in_time = sum(seconds <= GOAL_SECONDS for seconds in found)
    at = [report.percentile(found, share) for share in (0.5, 1)]
    return [quotas, webhooks, statuses[202], refused, waiting, len(found), *at, f"{in_time} of {len(found)}"]


async def measure_fairness(
    stack: Stack, quotas: str, floods: dict[str, int], tests: int, each: int
) -> list[report.Row]:
    """A row at rest, and one for each flood: its name → to how many webhooks it goes."""
    made = []
    async with (
        sign_up_users(stack, (len(floods) + 1) * (each + 1)) as (session, tokens),
        run_receiver(SLOW, HANGS_SECONDS) as slow,
    ):
        take = iter(tokens)
        at_rest = await time_deliveries(session, list(islice(take, each)))
        made.append(result_row(quotas, "nothing", Counter(), slow, at_rest))
        statuses = Counter[int]()
        for name, webhooks in floods.items():
            statuses += await flood_webhook_tests(session, next(take), slow.url, tests, webhooks)
            found = await time_deliveries(session, list(islice(take, each)))
            made.append(result_row(quotas, name, statuses, slow, found))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=600)
    parser.add_argument("--tries", type=int, default=10, help="users who wait for their first delivery")
    options = parser.parse_args()
    floods = {"one webhook": 1}
    with measured_system(settings=AS_SHIPPED) as stack:
        rows = asyncio.run(measure_fairness(stack, "as shipped", floods, options.tests, options.tries))
    floods[f"beside these, {WEBHOOKS} webhooks of a second user"] = WEBHOOKS
    with measured_system(settings=LIFTED) as stack:
        rows += asyncio.run(measure_fairness(stack, "lifted", floods, options.tests, options.tries))
    introduction = (
        f"One user asks for {options.tests} test messages, {AT_ONCE} at once, to a receiver that answers "
        f"after {HANGS_SECONDS} s. Then one fresh user after the other adds a webhook and a task: from the "
        f"answer to the task to the call. Goal: {GOAL_SECONDS} s."
    )
    header = ["quotas", "tests of", "accepted", "refused", "waiting at the end", "tries", "p50 s", "max s"]
    report.write_report("fairness", "Fairness", introduction, report.render_table([*header, "in time"], rows))


if __name__ == "__main__":
    main()
