"""The one client for everything a service asks of its Dapr sidecar.

One long-lived aiohttp session instead of `DaprClient`: the SDK opens a session per invocation and
waits for the sidecar in its constructor (docs/decisions/0003).
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from multidict import CIMultiDictProxy
from yarl import URL

from contracts.event import CLOUD_EVENT_CONTENT_TYPE
from contracts.names import PUBSUB, SECRET_STORE, STATE_STORE, App, Topic
from overload import deadline
from overload.retries import RetryBudget, send_with_retries
from servicekit.dapr import bulk_publish, content_digest
from servicekit.dapr.content_digest import compute_digest
from servicekit.dapr.request_limits import require_sendable
from servicekit.errors import Invalid, Overloaded, ServiceUnreachable, TimedOut, Unavailable
from servicekit.observability.tracing import get_traceparent

log = logging.getLogger(__name__)

RETRY_PAUSES = (0.1, 0.4, 1.0)
"""Seconds between the tries to reach a service."""

CONNECT_SECONDS = 2.0  # the sidecar is on this host

UNREACHABLE = b'"errorCode":"ERR_DIRECT_INVOKE"'
OVERLOADED = b'"code":"overloaded"'
"""How daprd says that no instance of a service answered, with status 500, or 403 for one that may not be
asked (pkg/messages/predefined.go of Dapr 1.18)."""

MAX_ANSWER_HEADER_BYTES = 32 * 1024
"""In one line; more than any service writes, so that what a client sent can't come back too long."""

NOT_THE_FIRST = b"failed to set key"
"""How state.redis says, with status 500, that a value without an ETag exists already."""


@dataclass(frozen=True, slots=True)
class SidecarResponse:
    """What came back: status, headers and the whole body."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)

    def is_unreachable(self) -> bool:
        """Whether Dapr says that it reached nobody. A service's own words come with a digest."""
        if self.status < 400 or content_digest.HEADER in self.headers:
            return False
        return UNREACHABLE in self.body

    def is_complete(self) -> bool:
        """Whether all of it arrived.

        False for what broke off because the service died while it answered: Dapr passes that on as
        complete. A refusal without a digest is of a server on the way, which says no more.
        """
        digest = self.headers.get(content_digest.HEADER)
        return self.status >= 400 if digest is None else digest == compute_digest(self.body)

    def is_refusal(self) -> bool:
        """Whether the service says that it had no room for the request, and did nothing."""
        return self.status == Overloaded.status and OVERLOADED in self.body


@dataclass(frozen=True, slots=True)
class StateEntry:
    """A value of the state store and the ETag it was read with; no ETag where there is none."""

    value: Any = None
    etag: str = ""


class StateConflict(Exception):
    """The value was changed since its ETag was read."""


@dataclass(slots=True)
class Sidecar:
    """HTTP client for the sidecar on `port` of this host; use it between `start` and `close`."""

    port: int
    token: str = ""
    budgets: dict[App, RetryBudget] = field(default_factory=lambda: defaultdict(RetryBudget), init=False)
    """How many retries a service may be sent yet."""
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def start(self) -> None:
        headers = {"dapr-api-token": self.token} if self.token else {}
        self._session = aiohttp.ClientSession(
            headers=headers,
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            auto_decompress=False,
            max_line_size=MAX_ANSWER_HEADER_BYTES,
            max_field_size=MAX_ANSWER_HEADER_BYTES,
        )
        self._session._retry_connection = False  # aiohttp's own retry, without a budget (decision 34)

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10,
    ) -> SidecarResponse:
        """Any call to the sidecar; `path` is percent-encoded, with its query.

        Raises `Unavailable` when it can't be reached, `TimedOut` when it doesn't answer in `timeout` seconds.
        """
        assert self._session, "Sidecar.start() first"
        propagated = {"traceparent": get_traceparent(), deadline.HEADER: deadline.format_timeout(timeout)}
        sent = {**propagated, **(headers or {})}
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        limit = aiohttp.ClientTimeout(timeout, sock_connect=min(timeout, CONNECT_SECONDS))
        try:
            async with self._session.request(
                method, url, headers=sent, data=body, timeout=limit, allow_redirects=False
            ) as response:
                return SidecarResponse(response.status, response.headers, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
                raise TimedOut(
                    f"No response within {round(timeout, 1):g} seconds; the request may still take effect."
                ) from error
            raise Unavailable(
                f"The sidecar can't be reached: {error!r}", code="sidecar-unavailable"
            ) from error

    async def invoke(
        self,
        app: App,
        method: str,
        path: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10,
    ) -> SidecarResponse:
        """Call another service; again if that does no harm, while a replica of it goes and another comes.

        timeout: seconds for all tries. Raises `ServiceUnreachable` when no replica answers, `TimedOut` when
        one takes too long, `Unavailable` when the response breaks off each time, and what `require_sendable`
        raises.
        """
        sent = {"dapr-app-id": app.value, "content-type": "application/json", **(headers or {})}
        require_sendable(path, sent)
        body = None if json is None else _encode_json(json)
        pauses = RETRY_PAUSES if method == "GET" or "idempotency-key" in sent else ()
        response = await send_with_retries(
            lambda left: self.send_once(method, path, sent, body, left), timeout, pauses, self.budgets[app]
        )
        return require_complete(response, app)

    async def send_once(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> SidecarResponse | None:
        """What came back, asked once, though it may be broken off; None if nobody was there.

        Raises `TimedOut`: no reason to ask again, nor to leave the service alone.
        """
        timeout = min(timeout, deadline.remaining())
        if not timeout:
            raise TimedOut("The deadline passed before the request was sent.")
        try:
            response = await self.request(method, path, headers=headers, body=body, timeout=timeout)
        except TimedOut:
            raise
        except Unavailable:
            return None
        return None if response.is_unreachable() else response

    async def publish(self, topic: Topic, event: bulk_publish.OutboundMessage) -> None:
        """Publish one CloudEvent. Raises `Unavailable` if it was not taken."""
        response = await self.request(
            "POST",
            f"/v1.0/publish/{PUBSUB}/{topic}?metadata.partitionKey={quote(event.key, safe='')}",
            headers={"content-type": CLOUD_EVENT_CONTENT_TYPE},
            body=event.payload.encode(),
        )
        if response.status >= 300:
            raise Unavailable(f"Publishing to {topic} failed: {response.body!r}", code="publish-failed")

    async def publish_bulk(self, topic: Topic, events: Sequence[bulk_publish.OutboundMessage]) -> set[str]:
        """Publish CloudEvents in one call; returns the ids that were not taken.

        The order of events with different keys is not kept. Raises `Unavailable` when the outcome
        of all is unknown.
        """
        response = await self.request(
            "POST",
            f"/v1.0/publish/bulk/{PUBSUB}/{topic}",
            headers={"content-type": "application/json"},
            body=bulk_publish.encode_bulk_request(events),
            timeout=30,
        )
        if response.status < 300:
            return set()
        failed = bulk_publish.parse_failed_ids(response.body)
        if not failed:
            raise Unavailable(f"Publishing to {topic} failed: {response.body!r}", code="publish-failed")
        return failed

    async def get_state(self, key: str, *, timeout: float = 10) -> StateEntry:
        """Read a value of this service. Raises `Unavailable` when it doesn't come in `timeout` seconds."""
        path = f"/v1.0/state/{STATE_STORE}/{quote(key, safe='')}"
        response = await self.request("GET", path, timeout=timeout)
        if response.status == 204 or (response.status == 200 and not response.body):
            return StateEntry()
        _require_state(response)
        return StateEntry(response.json(), response.headers.get("etag", ""))

    async def save_state(self, key: str, value: Any, *, etag: str = "", ttl_seconds: int = 0) -> None:
        """Write a value of this service; without an ETag only if there is none yet.

        Raises `StateConflict` if it changed since `etag` was read, `Unavailable` if the store can't
        be reached.
        """
        item: dict[str, Any] = {"key": key, "value": value, "options": {"concurrency": "first-write"}}
        if etag:
            item["etag"] = etag
        if ttl_seconds:
            item["metadata"] = {"ttlInSeconds": str(ttl_seconds)}
        response = await self.request(
            "POST",
            f"/v1.0/state/{STATE_STORE}",
            headers={"content-type": "application/json"},
            body=orjson.dumps([item]),
        )
        if response.status == 409 or NOT_THE_FIRST in response.body:
            raise StateConflict(key)
        _require_state(response)

    async def delete_state(self, key: str) -> None:
        """Drop a value of this service. Raises `Unavailable`."""
        _require_state(await self.request("DELETE", f"/v1.0/state/{STATE_STORE}/{quote(key, safe='')}"))

    async def secret(self, name: str, *, wait: float = 60) -> dict[str, str]:
        """All keys of one secret. Raises `Unavailable` if the store doesn't give it in `wait` seconds."""
        deadline = time.monotonic() + wait
        while True:
            try:
                response = await self.request("GET", f"/v1.0/secrets/{SECRET_STORE}/{name}")
                if response.status == 200:
                    secret: dict[str, str] = response.json()
                    return secret
                problem = Unavailable(
                    f"The secret {name} can't be read: {response.status}", code="secret-unavailable"
                )
            except Unavailable as error:
                problem = error
            if time.monotonic() > deadline:
                raise problem
            log.info("waiting for the secret %s: %s", name, problem)
            await asyncio.sleep(0.25)


def require_complete(response: SidecarResponse | None, app: App) -> SidecarResponse:
    """`response`, if complete. Raises `ServiceUnreachable` for none, `Unavailable` for a broken one."""
    code = f"{app.value}-unavailable"
    if response is None:
        raise ServiceUnreachable(f"The service {app.value} can't be reached.", code=code)
    if not response.is_complete():
        raise Unavailable(f"The response of the service {app.value} was cut off.", code=code)
    return response


def _encode_json(json: Any) -> bytes:
    try:
        return orjson.dumps(json)
    except TypeError as error:  # orjson's, for half a surrogate pair, too
        raise Invalid("The text contains characters that are not Unicode.", code="not-unicode") from error


def _require_state(response: SidecarResponse) -> None:
    if response.status >= 300:
        raise Unavailable("The state store can't be reached.", code="state-unavailable")
