"""Smoke tests from outside: TLS, landing page, and a user's journey through every service."""

import json
import re
import secrets
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.client import HTTPResponse
from typing import IO, Any, NoReturn
from urllib.parse import urlsplit
from uuid import uuid4

from delivery.certificate import count_days_left

TIMEOUT_SECONDS = 20
EVENT_SECONDS = 60
LEAST_DAYS = 7
LEAST_HSTS_SECONDS = 365 * 24 * 3600


class CheckFailedError(Exception):
    """Why a check failed."""


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers and body of a response."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is a response as well."""

    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: Message,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        return None


@dataclass(slots=True)
class SmokeClient:
    """An HTTP client of `url` (without a slash at the end)."""

    url: str
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    token: str = ""

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Raises `CheckFailedError` if nobody answers."""
        sent = {"idempotency-key": str(uuid4()), "content-type": "application/json", **(headers or {})}
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}{path}", data, sent, method=method)
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                return _read_response(response)
        except urllib.error.HTTPError as error:
            with error:
                return _read_response(error)
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            _fail(f"{method} {path}: {getattr(error, 'reason', error)}")

    def expect(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """Raises `CheckFailedError` if the response has another status."""
        response = self.ask(
            method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
        )
        if response.status != status:
            _fail(f"{method} {path}: {response.status} instead of {status}: {response.body[:200]!r}")
        return response


Check = Callable[[SmokeClient], str]
"""Says what it saw; raises `CheckFailedError`."""


def list_checks(url: str) -> dict[str, Check]:
    """By name, in order. Without TLS there is no redirect and no certificate to look at."""
    encrypted: dict[str, Check] = {
        "redirect to HTTPS": check_redirect,
        "certificate": check_certificate,
        "HSTS": check_hsts,
    }
    plain: dict[str, Check] = {
        "page": check_page,
        "anonymous": check_anonymous_access,
        "user journey": check_user_journey,
    }
    return {**(encrypted if url.startswith("https://") else {}), **plain}


def run_checks(client: SmokeClient) -> Iterator[tuple[str, bool, str]]:
    """Name of each check, whether it passed, and what it saw."""
    for name, check in list_checks(client.url).items():
        try:
            yield name, True, check(client)
        except CheckFailedError as failed:
            yield name, False, str(failed)


def check_redirect(client: SmokeClient) -> str:
    plain = SmokeClient(f"http://{urlsplit(client.url).hostname}{_plain_port(client.url)}")
    response = plain.ask("GET", "/")
    target = response.headers.get("location", "")
    if response.status not in (301, 308) or urlsplit(target).scheme != "https":
        _fail(f"{response.status} to {target or 'nowhere'}")
    return f"{response.status} to {target}"


def check_certificate(client: SmokeClient) -> str:
    """For this host, by an authority that is trusted, and not about to end."""
    where = urlsplit(client.url)
    try:
        left = count_days_left(str(where.hostname), where.port or 443, client.context)
    except OSError as error:
        _fail(str(error))
    if left < LEAST_DAYS:
        _fail(f"{left:.0f} days left")
    return f"{left:.0f} days left"


def check_hsts(client: SmokeClient) -> str:
    """One policy, of at least a year: of several a browser keeps the first (RFC 6797, 8.1)."""
    policies = client.ask("GET", "/").headers.get_all("strict-transport-security", [])
    seconds = [int(age) for policy in policies for age in re.findall(r"max-age=(\d+)", policy)]
    if len(policies) != 1 or min(seconds, default=0) < LEAST_HSTS_SECONDS:
        _fail(f"{' and '.join(policies) or 'no policy'}")
    return policies[0]


def check_page(client: SmokeClient) -> str:
    """The landing page, or the way to it."""
    response = client.ask("GET", "/")
    if response.status in (302, 303, 307):
        response = client.ask("GET", urlsplit(response.headers["location"]).path)
    kind = response.headers.get_content_type()
    if (response.status, kind) != (200, "text/html"):
        _fail(f"{response.status} {kind}")
    return f"200, {len(response.body)} bytes"


def check_anonymous_access(client: SmokeClient) -> str:
    """401 comes from the task service: edge, two sidecars and the service work together."""
    return f"{client.expect(401, 'GET', '/api/v1/tasks').status} for the tasks of nobody"


def check_user_journey(client: SmokeClient) -> str:
    """An account that adds a task, hears of it through Kafka, and leaves nothing behind."""
    account = {"email": f"smoke-{uuid4()}@example.com", "password": secrets.token_urlsafe(18)}
    created = client.expect(201, "POST", "/api/v1/auth/sign-up", account).json
    client = SmokeClient(client.url, client.context, created["access_token"])
    try:
        return _add_task_and_await_reminder(client)
    finally:
        version = client.expect(200, "GET", "/api/v1/users/me").headers["etag"]
        client.expect(204, "DELETE", "/api/v1/users/me", if_match=version)


def _add_task_and_await_reminder(client: SmokeClient) -> str:
    """The notification service knows of a task's reminder by the event of the task alone."""
    title, tomorrow = f"smoke {uuid4()}", datetime.now(UTC) + timedelta(days=1)
    started = time.monotonic()
    task = {"title": title, "reminders": [{"at": f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}"}]}
    id = client.expect(201, "POST", "/api/v1/tasks", task).json["id"]
    while id not in client.expect(200, "GET", "/api/v1/reminders").body.decode():
        if time.monotonic() - started > EVENT_SECONDS:
            _fail(f"no reminder of a new task after {EVENT_SECONDS} s")
        time.sleep(0.3)
    return f"reminder of a new task after {time.monotonic() - started:.1f} s"


def _plain_port(url: str) -> str:
    """Port 80 goes with 443; a server elsewhere has the one below (as in tests)."""
    port = urlsplit(url).port
    return "" if port in (None, 443) else f":{port - 1}"


def _read_response(response: HTTPResponse | urllib.error.HTTPError) -> Response:
    return Response(int(response.status or 0), response.headers, response.read())


def _fail(what: str) -> NoReturn:
    raise CheckFailedError(what)
