"""Does what was deployed work? Asked from outside, as a person would: door, page, and a day in one minute."""

import json
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

from delivery.certificate import days_left

TIMEOUT_SECONDS = 20
EVENT_SECONDS = 60
LEAST_DAYS = 7


class Wrong(Exception):
    """What a check found."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of an answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Stays(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer as well."""

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
class Visitor:
    """Somebody at `url` (without a slash at the end), who trusts what `context` trusts."""

    url: str
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    token: str = ""

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises `Wrong` if nobody answers."""
        sent = {"idempotency-key": str(uuid4()), "content-type": "application/json", **(headers or {})}
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}{path}", data, sent, method=method)
        opener = urllib.request.build_opener(_Stays, urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return _read(answer)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error)
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            _wrong(f"{method} {path}: {getattr(error, 'reason', error)}")

    def expect(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Raises `Wrong` if the answer has another status."""
        answer = self.ask(
            method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
        )
        if answer.status != status:
            _wrong(f"{method} {path}: {answer.status} instead of {status}: {answer.body[:200]!r}")
        return answer


Check = Callable[[Visitor], str]
"""Says what it saw; raises `Wrong`."""


def checks(url: str) -> dict[str, Check]:
    """By name, in order. Without TLS there is no redirect and no certificate to look at."""
    encrypted: dict[str, Check] = {"redirect to HTTPS": redirects, "certificate": certificate_is_valid}
    plain: dict[str, Check] = {
        "page": shows_a_page,
        "stranger": keeps_strangers_out,
        "person": serves_a_person,
    }
    return {**(encrypted if url.startswith("https://") else {}), **plain}


def run(visitor: Visitor) -> Iterator[tuple[str, bool, str]]:
    """Name of each check, whether it passed, and what it saw."""
    for name, check in checks(visitor.url).items():
        try:
            yield name, True, check(visitor)
        except Wrong as wrong:
            yield name, False, str(wrong)


def redirects(visitor: Visitor) -> str:
    plain = Visitor(f"http://{urlsplit(visitor.url).hostname}{_plain_port(visitor.url)}")
    answer = plain.ask("GET", "/")
    target = answer.headers.get("location", "")
    if answer.status not in (301, 308) or urlsplit(target).scheme != "https":
        _wrong(f"{answer.status} to {target or 'nowhere'}")
    return f"{answer.status} to {target}"


def certificate_is_valid(visitor: Visitor) -> str:
    """For this host, by an authority that is trusted, and not about to end."""
    where = urlsplit(visitor.url)
    try:
        left = days_left(str(where.hostname), where.port or 443, visitor.context)
    except OSError as error:
        _wrong(str(error))
    if left < LEAST_DAYS:
        _wrong(f"{left:.0f} days left")
    return f"{left:.0f} days left"


def shows_a_page(visitor: Visitor) -> str:
    """The landing page, or the way to it."""
    answer = visitor.ask("GET", "/")
    if answer.status in (302, 303, 307):
        answer = visitor.ask("GET", urlsplit(answer.headers["location"]).path)
    kind = answer.headers.get_content_type()
    if (answer.status, kind) != (200, "text/html"):
        _wrong(f"{answer.status} {kind}")
    return f"200, {len(answer.body)} bytes"


def keeps_strangers_out(visitor: Visitor) -> str:
    """401 comes from the task service: edge, two sidecars and the service work together."""
    return f"{visitor.expect(401, 'GET', '/api/v1/tasks').status} for the tasks of nobody"


def serves_a_person(visitor: Visitor) -> str:
    """An account that adds a task, hears of it through Kafka, and leaves nothing behind."""
    account = {"email": f"smoke-{uuid4()}@example.com", "password": secrets.token_urlsafe(18)}
    told = visitor.expect(201, "POST", "/api/v1/auth/sign-up", account).json
    person = Visitor(visitor.url, visitor.context, told["access_token"])
    try:
        return _add_and_hear(person)
    finally:
        version = person.expect(200, "GET", "/api/v1/users/me").headers["etag"]
        person.expect(204, "DELETE", "/api/v1/users/me", if_match=version)


def _add_and_hear(person: Visitor) -> str:
    """The notification service knows of a task's reminder by the event of the task alone."""
    title, tomorrow = f"smoke {uuid4()}", datetime.now(UTC) + timedelta(days=1)
    started = time.monotonic()
    task = {"title": title, "reminders": [{"at": f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}"}]}
    id = person.expect(201, "POST", "/api/v1/tasks", task).json["id"]
    while id not in person.expect(200, "GET", "/api/v1/reminders").body.decode():
        if time.monotonic() - started > EVENT_SECONDS:
            _wrong(f"no news of a new task after {EVENT_SECONDS} s")
        time.sleep(0.3)
    return f"heard of a new task after {time.monotonic() - started:.1f} s"


def _plain_port(url: str) -> str:
    """Port 80 goes with 443; a server elsewhere has the one below (as in tests)."""
    port = urlsplit(url).port
    return "" if port in (None, 443) else f":{port - 1}"


def _read(answer: HTTPResponse | urllib.error.HTTPError) -> Answer:
    return Answer(int(answer.status or 0), answer.headers, answer.read())


def _wrong(what: str) -> NoReturn:
    raise Wrong(what)
