"""Calling another service while a replica of it goes and another comes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from contracts.names import App
from servicekit import sidecar
from servicekit.content_digest import digest_of
from servicekit.errors import Unavailable
from servicekit.sidecar import Answer, Sidecar

GONE = b'{"errorCode":"ERR_DIRECT_INVOKE","message":"connection refused"}'
KEY = {"idempotency-key": "one"}


@dataclass
class Replicas(Sidecar):
    """A sidecar that finds nobody for the first calls."""

    port: int = 1
    gone: int = 1
    tries: int = field(default=0, init=False)
    given: list[float] = field(default_factory=list, init=False)
    """Seconds each try was given."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10,
    ) -> Answer:
        self.tries += 1
        self.given.append(timeout)
        if self.tries > self.gone:
            return _answer(200, b"{}", {"content-digest": digest_of(b"{}")})
        if self.tries % 2:
            return _answer(500, GONE)
        raise Unavailable


def _answer(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, CIMultiDictProxy(CIMultiDict(headers or {})), body)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar, "RETRY_PAUSES", (0, 0, 0))


class TestInvoke:
    @pytest.mark.parametrize(("method", "headers"), [("GET", {}), ("POST", KEY)])
    async def test_tries_again_what_does_no_harm(self, method: str, headers: dict[str, str]) -> None:
        replicas = Replicas(gone=3)
        answer = await replicas.invoke(App.TASK, method, "/tasks", headers=headers)
        assert (answer.status, replicas.tries) == (200, 4)

    async def test_sends_what_has_no_key_once(self) -> None:
        replicas = Replicas()
        with pytest.raises(Unavailable, match="task"):
            await replicas.invoke(App.TASK, "POST", "/tasks", json={})
        assert replicas.tries == 1

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

    async def test_gives_all_tries_together_the_time_it_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = count(1000, 2)
        monkeypatch.setattr(sidecar, "time", SimpleNamespace(monotonic=lambda: next(now)))
        replicas = Replicas(gone=9)
        with pytest.raises(Unavailable):
            await replicas.invoke(App.TASK, "GET", "/tasks", timeout=10)
        assert replicas.given == [10, 6, 2, sidecar.LEAST_SECONDS]
