"""No bytes a client can send make a 5xx, disturb somebody else or look like an outage.

Every operation of the OpenAPI document, with something hostile in each of its places, and then along its
links with what schemathesis makes up. With one seed in `make test`; `make fuzz` goes on for as long as it
is told.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import httpx2
import pytest
from schemathesis.generation.stateful.state_machine import StepOutput

from devstack.stack import Stack
from servicekit.security.auth import API_PREFIX
from tests.system.api import open_api
from tests.system.fuzzing.bystander import Bystander
from tests.system.fuzzing.journeys import Case, Journeys
from tests.system.fuzzing.operations import Operation, read_operations
from tests.system.fuzzing.raw_http import Raw, exchange
from tests.system.fuzzing.requests import CHANGES, Change, Draft, describe_draft, draft_of, hostile
from tests.system.test_openapi import ADDRESSES, ENDS_THE_SESSION, NEVER_ENDS
from tools.dead_letters import create_operator_token

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "20261129"))
ROUNDS = 1
"""Of each change to each operation."""
JOURNEYS = 20
STEPS = 12
USERS = 12
"""So that none of them runs out of what one may use up in ten seconds."""
TYPICAL_SECONDS = 2.0
BREAKERS = "todo_breaker_opened_total{"


def edges(stack: Stack) -> list[str]:
    return [app.url for app in stack.addresses.apps if app.app_id == "frontend"]


def times_opened(stack: Stack) -> dict[str, float]:
    """How often each replica of the edge has left each service alone."""
    opened = {}
    for edge in edges(stack):
        for line in httpx2.get(f"{edge}/metrics", timeout=20).text.splitlines():
            if line.startswith(BREAKERS):
                name, _, value = line.rpartition(" ")
                opened[f"{edge} {name}"] = float(value)
    return opened


def sign_up(stack: Stack, number: int) -> list[str]:
    """Tokens of so many fresh users."""

    async def each() -> list[str]:
        async with open_api(stack.addresses.edge) as api:
            return [(await api.sign_up()).token for _ in range(number)]

    return asyncio.run(each())


@pytest.fixture(scope="module")
def tokens(stack: Stack) -> list[str]:
    return sign_up(stack, USERS)


@pytest.fixture
def undisturbed(stack: Stack) -> Iterator[None]:
    """While the block runs somebody else is answered, rightly and soon, and no service is left alone."""
    opened = times_opened(stack)
    with Bystander(edges(stack), sign_up(stack, 1)[0]) as bystander:
        yield
    assert bystander.seconds
    assert bystander.failures == []
    assert bystander.typical_seconds() < TYPICAL_SECONDS
    assert times_opened(stack) == opened


def requests(random: Random, tokens: Sequence[str], operator: str) -> Iterator[tuple[Operation, Draft]]:
    """Each change to each operation, in rounds, for as long as it is asked to go on."""
    operations, until = read_operations(), time.monotonic() + SECONDS
    done = 0
    while done < ROUNDS or time.monotonic() < until:
        for operation in operations:
            for change in CHANGES:
                yield operation, _request(random, operation, change, tokens, operator)
        done += 1


def _request(
    random: Random, operation: Operation, change: Change, tokens: Sequence[str], operator: str
) -> Draft:
    headers = [(b"X-Forwarded-For", next(ADDRESSES).encode())]
    token = operator if operation.path.startswith("/ops") else random.choice(tokens)
    if operation.id not in ENDS_THE_SESSION and random.random() < 0.9:
        headers.append((b"Authorization", f"Bearer {token}".encode()))
    return hostile(random, operation, change, headers)


class TestEveryOperation:
    @pytest.mark.timeout(300 + 2 * SECONDS)
    @pytest.mark.usefixtures("undisturbed")
    def test_answers_hostile_bytes_in_its_own_words(self, stack: Stack, tokens: list[str]) -> None:
        random, faults, statuses = Random(SEED), [], Counter[int]()
        for operation, draft in requests(random, tokens, create_operator_token(stack.folder)):
            response = _sent(random.choice(edges(stack)), draft)
            statuses[response.status] += 1
            if fault := _fault(draft, response):
                faults.append(f"{operation.id}: {fault}\n    {describe_draft(draft)}")
        assert not faults, f"{len(faults)} with FUZZ_SEED={SEED}:\n" + "\n".join(faults[:20])
        assert statuses[422] > statuses.total() / 20, statuses

    def test_takes_its_request_with_nothing_wrong(self, stack: Stack, tokens: list[str]) -> None:
        """What is made hostile is good before; else nothing would get past the first look."""
        random, statuses = Random(SEED), Counter[int]()
        for operation in read_operations():
            if operation.id not in ENDS_THE_SESSION | NEVER_ENDS:
                headers = [(b"Authorization", f"Bearer {random.choice(tokens)}".encode())]
                statuses[_sent(stack.addresses.edge, draft_of(random, operation, headers)).status] += 1
        assert statuses[200] + statuses[201] > len(read_operations()) / 4, statuses


def _sent(edge: str, draft: Draft) -> Raw:
    return exchange(edge, draft.encoded(), draft.method.decode("latin-1"), ends=draft.is_framed_wrongly)


def _fault(draft: Draft, response: Raw) -> str:
    if response.status == 0:
        return "" if draft.is_framed_wrongly else "no answer"
    return response.fault(is_head=draft.method == b"HEAD")


class TestLinks:
    """From what creates something to what reads, changes and removes it."""

    @pytest.mark.timeout(600 + 2 * SECONDS)
    @pytest.mark.usefixtures("undisturbed")
    def test_are_followed_without_a_server_error(self, stack: Stack, tokens: list[str]) -> None:
        faults, statuses = [], Counter[int]()
        for token, case, responses in _steps(tokens):
            headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": next(ADDRESSES)}
            response = case.call(base_url=f"{stack.addresses.edge}{API_PREFIX}", headers=headers)
            responses.append(StepOutput(response, case))
            statuses[response.status_code] += 1
            kind = response.headers.get("content-type", [""])[0].partition(";")[0]
            if fault := Raw(response.status_code, kind, response.content).fault():
                faults.append(f"{case.operation.label}: {fault}\n    {case.as_curl_command()}")
        assert not faults, f"{len(faults)} with FUZZ_SEED={SEED}:\n" + "\n".join(faults[:20])
        assert statuses[200] + statuses[201] + statuses[204] > statuses.total() / 4, statuses


def _steps(tokens: Sequence[str]) -> Iterator[tuple[str, Case, list[StepOutput]]]:
    random, until = Random(SEED), time.monotonic() + SECONDS
    journeys = Journeys(SEED, ENDS_THE_SESSION | NEVER_ENDS)
    done = 0
    while done < JOURNEYS or time.monotonic() < until:
        token = random.choice(tokens)
        for case, responses in journeys.steps(random, STEPS):
            yield token, case, responses
        done += 1
