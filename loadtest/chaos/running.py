"""One fault after the other, on one system, with people at work; after each the ledger is compared."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import aiohttp
import asyncpg
from aiokafka.errors import KafkaError

from devstack.stack import Stack
from loadtest.chaos import ledger, stores
from loadtest.chaos.faults import Fault
from loadtest.chaos.ledger import ClientRecord, Finding
from loadtest.chaos.people import GOOD, Attempt, VirtualUser, list_attempts
from loadtest.chaos.probing import Prober, sign_up_prober
from loadtest.chaos.receiver import Receiver
from loadtest.chaos.traffic import Traffic
from loadtest.scenarios.shares import SHARES, WRITES
from tests.system.api import Api, open_api
from tests.system.waiting import eventually

KINDS = [ledger.CREATED, ledger.COMPLETED, ledger.REMINDER]
WARM_UP_SECONDS = 6
"""Enough for reminders, which are made at its beginning, to be known everywhere."""
SETTLING_SECONDS = 3
RECOVERY_SECONDS = 120
"""After which all is started anew, on what is on disk, so that the next fault finds a system."""
LOOK_SECONDS = 0.4
EFFECT_SECONDS = 60
"""How long effects of what was acknowledged are waited for when nobody writes any more."""
REMINDERS_EACH_SECOND = 2
REMINDED_SECONDS = 4
"""After the end of a fault, until which reminders are due."""
SHOWN_FINDINGS = 10
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, TimeoutError)
Row = dict[str, Any]


@dataclass(slots=True)
class Experiment:
    """A system, and everybody who uses it. known: what the ledger found so far, which is told once."""

    stack: Stack
    people: list[VirtualUser]
    reminded: VirtualUser
    prober: Prober
    receiver: Receiver
    attempts: list[Attempt]
    known: set[Finding] = field(default_factory=set)

    @property
    def records(self) -> list[ClientRecord]:
        return [each.record for each in (*self.people, self.reminded)]


@asynccontextmanager
async def populate_system(stack: Stack, traffic: Traffic) -> AsyncIterator[Experiment]:
    """Sign everybody up; each has a few tasks."""
    receiver = Receiver()
    hook = receiver.listen()
    address = hook.start()
    attempts: list[Attempt] = []
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=20)
    async with (
        open_api(stack.addresses.edge) as nobody,
        aiohttp.ClientSession(timeout=timeout, connector=connector) as session,
    ):
        turns = asyncio.Semaphore(4)

        async def make_person(number: int) -> VirtualUser:
            async with turns:
                user = await nobody.sign_up()
                record = ClientRecord(user.user["id"], has_webhook=number < traffic.writers + 1)
                person = VirtualUser(
                    Api(session, user.edge, user.token),
                    record,
                    WRITES if number < traffic.writers else SHARES,
                    attempts,
                    Random(number),
                    traffic.pace,
                )
                if record.has_webhook:
                    await user.insist("POST", "/webhooks", {"url": address, "kinds": KINDS})
                await person.make_first_tasks()
                return person

        number = traffic.mixed + traffic.writers + 1
        people = list(await asyncio.gather(*map(make_person, range(number))))
        reminded = people.pop(traffic.writers)
        yield Experiment(stack, people, reminded, await sign_up_prober(nobody), receiver, attempts)
    hook.stop()


async def run_fault(experiment: Experiment, fault: Fault) -> Row:
    """Break something while people work, wait until it is mended, and compare."""
    before = sum(record.acknowledged for record in experiment.records)
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for each in experiment.people:
            group.create_task(each.work_until(over))
        probing = group.create_task(experiment.prober.probe_until(over))
        try:
            reminders = await _make_reminders(experiment.reminded, fault)
            struck, since = await _inject_fault(experiment.stack, fault)
            recovered = await _wait_for_recovery(experiment, since)
            await asyncio.sleep(SETTLING_SECONDS)
        finally:
            over.set()
        await probing
    if recovered is None:
        await asyncio.to_thread(_restart_system, experiment.stack)
    await asyncio.gather(*[each.finish_open_write() for each in experiment.people])
    findings = await _compare_at_rest(experiment)
    until = since + (recovered or RECOVERY_SECONDS)
    return {
        "fault": fault.name,
        "lasted": round(since - struck, 1),
        "recovered": recovered if recovered is None else round(recovered, 1),
        "writes": sum(record.acknowledged for record in experiment.records) - before,
        "unanswered": sum(len(record.unanswered) for record in experiment.records),
        "reminders": reminders,
        **{kind: ledger.count_findings(findings)[kind] for kind in ledger.KINDS},
        "findings": [finding.what for finding in findings[:SHOWN_FINDINGS]],
        "requests": _count_outcomes(list_attempts(experiment.attempts, struck, until)),
        "probes_failed": dict(experiment.prober.count_failed(struck, until)),
        "load": round(os.getloadavg()[0], 1),
        "on": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
    }


async def _make_reminders(person: VirtualUser, fault: Fault) -> int:
    """Due in every second from the moment it breaks until it is mended, at whole seconds."""
    began = time.monotonic()
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=WARM_UP_SECONDS)
    seconds = range(int(fault.seconds) + REMINDED_SECONDS)
    instants = [first + timedelta(seconds=each) for each in seconds for _ in range(REMINDERS_EACH_SECOND)]

    async def make_task(at: datetime) -> None:
        body = {"title": f"at {at:%H:%M:%S}", "reminders": [{"at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}]}
        response = await person.user.insist("POST", "/tasks", body)
        assert response.status == 201, response
        person.record.note_task(response.body)
        if datetime.fromisoformat(response.body["created_at"]) < at:  # else it was over when it was set
            person.record.reminders[response.body["id"]] = at

    before = len(person.record.reminders)
    await asyncio.gather(*map(make_task, instants))
    await asyncio.sleep(max(0, began + WARM_UP_SECONDS - time.monotonic()))
    return len(person.record.reminders) - before


async def _inject_fault(stack: Stack, fault: Fault) -> tuple[float, float]:
    """When it began, and the moment recovery counts from."""
    struck = time.monotonic()
    async with fault.inject(stack):
        await asyncio.sleep(fault.seconds)
        since = struck if fault.is_instant else time.monotonic()
    return struck, since


async def _wait_for_recovery(experiment: Experiment, since: float) -> float | None:
    """Seconds until requests of every kind succeed and consumers are through with what was owed by then."""
    owed = [replace(each.record, tasks=dict(each.record.tasks)) for each in experiment.people]

    async def find_probed() -> float | None:
        return experiment.prober.find_recovery(since)

    async def find_drained() -> float | None:
        try:
            if await stores.has_effects(experiment.stack, owed, experiment.receiver):
                return time.monotonic()
        except AWAY:
            pass
        await asyncio.sleep(LOOK_SECONDS)
        return None

    async def wait_for(look: Callable[[], Awaitable[float | None]]) -> float:
        seconds = since + RECOVERY_SECONDS - time.monotonic()
        return (await eventually(look, lambda at: at is not None, seconds) or 0) - since

    try:
        return max(await asyncio.gather(wait_for(find_probed), wait_for(find_drained)))
    except AssertionError:
        return None


def _restart_system(stack: Stack) -> None:
    stack.down()
    stack.up()


async def _compare_at_rest(experiment: Experiment) -> list[Finding]:
    """What is new, when effects have had their time; a double may come late, so it looks once more."""
    deadline = time.monotonic() + EFFECT_SECONDS
    while time.monotonic() < deadline:
        try:
            if not await _compare_now(experiment):
                break
        except AWAY:
            pass
        await asyncio.sleep(1)
    await asyncio.sleep(1)
    found = await _compare_now(experiment)
    experiment.known.update(found)
    return found


async def _compare_now(experiment: Experiment) -> list[Finding]:
    users = [record.user_id for record in experiment.records]
    state = await stores.read_state(experiment.stack, users, experiment.receiver)
    return [
        finding
        for finding in ledger.compare_all(experiment.records, state)
        if finding not in experiment.known
    ]


def _count_outcomes(attempts: Iterable[Attempt]) -> Row:
    """sent, failed, and how each of those failed, the commonest first."""
    listed = list(attempts)
    bad = Counter(f"{each.what}: {each.detail}" for each in listed if each.became != GOOD)
    return {"sent": len(listed), "failed": bad.total(), "how": dict(bad.most_common(8))}
