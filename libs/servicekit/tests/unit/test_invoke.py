"""Calling another service while a replica of it goes and another comes."""

import time
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace

import pytest

from contracts.names import App
from overload import deadline, retries
from servicekit.dapr import sidecar
from servicekit.dapr.content_digest import HEADER, compute_digest
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.errors import Overloaded, TimedOut, Unavailable
from servicekit.problems import build_problem_response
from tests.fake_sidecar import FakeSidecar, Request, make_raw_response, make_response

GONE = b'{"errorCode":"ERR_DIRECT_INVOKE","message":"connection refused"}'
KEY = {"idempotency-key": "one"}


@dataclass
class Replicas(FakeSidecar):
    """A sidecar that finds nobody for the first calls."""

    gone: int = 1

    @property
    def tries(self) -> int:
        return len(self.requests)

    @property
    def given(self) -> list[float]:
        """Seconds each try was given."""
        return [request.timeout for request in self.requests]

    def respond(self, request: Request) -> SidecarResponse:
        if self.tries > self.gone:
            return make_response()
        if self.tries % 2:
            return make_raw_response(500, GONE)
        raise Unavailable


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar, "RETRY_PAUSES", (0, 0, 0))


class TestInvoke:
    @pytest.mark.parametrize(("method", "headers"), [("GET", {}), ("POST", KEY)])
    async def test_tries_again_what_does_no_harm(self, method: str, headers: dict[str, str]) -> None:
        replicas = Replicas(gone=3)
        answered = await replicas.invoke(App.TASK, method, "/tasks", headers=headers)
        assert (answered.status, replicas.tries) == (200, 4)

    async def test_says_whom_it_asks_and_what_the_body_is(self) -> None:
        replicas = Replicas(gone=0)
        await replicas.invoke(App.TASK, "POST", "/tasks", json={"a": 1}, headers=KEY)
        await replicas.invoke(App.TASK, "POST", "/tasks", headers={"content-type": "text/csv"})
        first, second = replicas.requests
        assert (first.json, second.body) == ({"a": 1}, None)
        assert first.headers == KEY | {"dapr-app-id": "task", "content-type": "application/json"}
        assert second.headers == {"dapr-app-id": "task", "content-type": "text/csv"}

    async def test_sends_what_has_no_key_once(self) -> None:
        replicas = Replicas()
        with pytest.raises(Unavailable, match="task"):
            await replicas.invoke(App.TASK, "POST", "/tasks", json={})
        assert replicas.tries == 1

    async def test_tries_again_within_a_budget_for_each_service(self) -> None:
        replicas = Replicas(gone=10_000)
        for _ in range(200):
            with pytest.raises(Unavailable):
                await replicas.invoke(App.TASK, "GET", "/tasks")
        tried = replicas.tries
        assert 200 + retries.RESERVE < tried <= 200 + retries.RESERVE + 20
        with pytest.raises(Unavailable):
            await replicas.invoke(App.USER, "GET", "/users/me")
        assert replicas.tries == tried + 4

    async def test_gives_up_when_nobody_comes(self) -> None:
        replicas = Replicas(gone=9)
        with pytest.raises(Unavailable, match="task"):
            await replicas.invoke(App.TASK, "GET", "/tasks")
        assert replicas.tries == 4

    async def test_does_not_take_longer_than_it_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sidecar, "RETRY_PAUSES", (30,))
        replicas = Replicas()
        with pytest.raises(Unavailable):
            await replicas.invoke(App.TASK, "GET", "/tasks", timeout=1)
        assert replicas.tries == 1

    async def test_gives_no_more_time_than_is_left_to_who_asked(self) -> None:
        replicas = Replicas(gone=0)
        with deadline.until(time.monotonic() + 3):
            await replicas.invoke(App.TASK, "GET", "/tasks", timeout=10)
        assert 2 < replicas.given[0] <= 3

    async def test_asks_nobody_when_no_time_is_left(self) -> None:
        replicas = Replicas(gone=0)
        with deadline.until(time.monotonic()), pytest.raises(TimedOut):
            await replicas.invoke(App.TASK, "POST", "/tasks", json={}, headers=KEY)
        assert replicas.tries == 0

    async def test_gives_all_tries_together_the_time_it_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = count(1000, 2)
        monkeypatch.setattr(retries, "time", SimpleNamespace(monotonic=lambda: next(now)))
        replicas = Replicas(gone=9)
        with pytest.raises(Unavailable):
            await replicas.invoke(App.TASK, "GET", "/tasks", timeout=10)
        assert replicas.given == [10, 6, 2, retries.LEAST_SECONDS]

    async def test_promises_nothing_after_a_try_that_may_have_been_heard(self) -> None:
        refusal = build_problem_response(Overloaded())
        body = bytes(refusal.body)
        refused = make_raw_response(refusal.status_code, body, {HEADER: compute_digest(body)})

        class Crowded(Replicas):
            def respond(self, request: Request) -> SidecarResponse:
                return refused if self.tries > self.gone else make_raw_response(500, GONE)

        crowded = Crowded(gone=0)
        assert await crowded.invoke(App.TASK, "POST", "/tasks", json={}, headers=KEY) is refused
        assert crowded.tries == 1
        crowded = Crowded(gone=1)
        with pytest.raises(Unavailable) as raised:
            await crowded.invoke(App.TASK, "POST", "/tasks", json={}, headers=KEY)
        assert raised.value.code == "task-unavailable"
