"""Requests as bytes: an operation's own, with something hostile in one of its places."""

import copy
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from servicekit.security.auth import API_PREFIX
from tests.system.fuzzing.fragments import (
    BODIES,
    ENCODED,
    HEADER_NAMES,
    HEADER_VALUES,
    MEDIA_TYPES,
    METHODS,
    TEXTS,
    VALUES,
    pick,
)
from tests.system.fuzzing.operations import Operation

MARK = "put something here"
MAX_HEADERS = 900


@dataclass(slots=True)
class Draft:
    """A request before it is bytes; whoever changes it leaves the rest well formed."""

    method: bytes
    path: bytes
    query: list[tuple[bytes, bytes]] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes | None = None
    framing: Sequence[tuple[bytes, bytes]] | None = None
    """Headers in place of the true Content-Length."""
    version: bytes = b"HTTP/1.1"
    is_framed_wrongly: bool = False

    def encoded(self) -> bytes:
        query = b"&".join(name + b"=" + value for name, value in self.query)
        target = self.path + (b"?" + query if query else b"")
        framing = self.framing
        if framing is None:
            framing = [] if self.body is None else [(b"Content-Length", b"%d" % len(self.body))]
        lines = [self.method + b" " + target + b" " + self.version]
        lines += [name + b": " + value for name, value in (*self.headers, *framing)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + (self.body or b"")


Change = Callable[[Random, Draft, Operation], None]


def draft_of(random: Random, operation: Operation, headers: Sequence[tuple[bytes, bytes]]) -> Draft:
    """The operation's request with nothing wrong, but that its ids are of nobody's things."""
    segments = [_segment(random, segment) for segment in operation.path.split("/")]
    path = (API_PREFIX + "/".join(segments)).encode()
    draft = Draft(operation.method.encode(), path, headers=[(b"Host", b"todo.test"), *headers])
    if operation.takes_body:
        draft.headers.append((b"Content-Type", operation.media_types[-1].encode()))
        draft.body = json.dumps(operation.body).encode()
    return draft


def _segment(random: Random, segment: str) -> str:
    return str(UUID(int=random.getrandbits(128))) if segment.startswith("{") else segment


def in_path(random: Random, draft: Draft, operation: Operation) -> None:
    segments = draft.path.split(b"/")
    segments[random.randrange(3, len(segments))] = pick(random, ENCODED)
    draft.path = b"/".join(segments)


def in_query(random: Random, draft: Draft, operation: Operation) -> None:
    names = [name.encode() for name in operation.query] or [b"limit"]
    draft.query = [
        (random.choice(names), pick(random, ENCODED)) for _ in range(random.choice((1, 1, 1, 2, 5)))
    ]
    if random.random() < 0.1:
        draft.query.append((pick(random, ENCODED), b"1"))


def in_header(random: Random, draft: Draft, operation: Operation) -> None:
    for _ in range(random.choice((1, 1, 2, 4))):
        draft.headers.append((random.choice(HEADER_NAMES), pick(random, HEADER_VALUES)))


def in_many_headers(random: Random, draft: Draft, operation: Operation) -> None:
    number = random.randrange(50, MAX_HEADERS)
    draft.headers += [(b"x-%d" % (each % 400), b"a" * random.randrange(60)) for each in range(number)]


def in_json(random: Random, draft: Draft, operation: Operation) -> None:
    """Somewhere in the body a value, a key or a whole member is another one."""
    document = copy.deepcopy(operation.body)
    if not isinstance(document, dict) or not document:
        document = {"title": "a"}
    name = random.choice(sorted(document))
    found = document[name]
    if isinstance(found, list) and found and random.random() < 0.5:
        document[name] = [MARK]
    elif isinstance(found, dict) and found and random.random() < 0.7:
        found[random.choice(sorted(found))] = MARK
    else:
        document[name] = MARK
    if random.random() < 0.3:
        document = {name: document[name]}
    _put(draft, json.dumps(document).encode().replace(json.dumps(MARK).encode(), pick(random, VALUES)))


def in_keys(random: Random, draft: Draft, operation: Operation) -> None:
    plain = json.dumps(operation.body if isinstance(operation.body, dict) else {}).encode()[1:-1]
    extra = b'"%s": %s' % (pick(random, TEXTS), random.choice((b"1", b'"a"', b"{}", b"[]")))
    twice = b",".join(part for part in (plain, plain, extra) if part)
    _put(draft, b"{" + random.choice((twice, b",".join(part for part in (plain, extra) if part))) + b"}")


def in_body(random: Random, draft: Draft, operation: Operation) -> None:
    body = pick(random, BODIES)
    _put(draft, gzip.compress(body) if random.random() < 0.2 else body, pick(random, MEDIA_TYPES))
    if random.random() < 0.2:
        draft.headers.append((b"Content-Encoding", random.choice((b"gzip", b"br", b"identity", b"\xff"))))


def in_method(random: Random, draft: Draft, operation: Operation) -> None:
    draft.method = random.choice(METHODS)
    kind = random.randrange(5)
    if kind == 0:
        draft.path = b"*"
    elif kind == 1:
        draft.path = random.choice(
            (b"todo.test:443", b"http://todo.test" + draft.path, b"//" + draft.path, b"?")
        )
    elif kind == 2:
        draft.version = random.choice((b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/9.9", b"FTP/1.1", b""))
    elif kind == 3:
        upgrade = random.choice((b"websocket", b"h2c", b"TLS/1.0", b"\xff"))
        key = b"dGhlIHNhbXBsZSBub25jZQ=="
        draft.headers += [(b"Connection", b"Upgrade"), (b"Upgrade", upgrade), (b"Sec-WebSocket-Key", key)]
        draft.headers.append((b"Sec-WebSocket-Version", b"13"))


def in_framing(random: Random, draft: Draft, operation: Operation) -> None:
    """How long the body is, said wrongly or in an odd way; what comes too short ends with the connection."""
    body = draft.body or b"{}"
    length, chunked = b"Content-Length", (b"Transfer-Encoding", b"chunked")
    draft.framing = random.choice(
        (
            [(length, b"%d" % max(len(body) - 1, 0))],
            [(length, b"%d" % (len(body) + 1))],
            [(length, b"-1")],
            [(length, DIGITS_OF_A_LENGTH)],
            [(length, b"1"), (length, b"2")],
            [(length, b"%d" % len(body)), chunked],
            [chunked],
            [(b"Transfer-Encoding", b"gzip, chunked")],
            [(b"Transfer-Encoding", b"\xff")],
            [(b"Expect", b"100-continue"), (length, b"%d" % len(body))],
        )
    )
    draft.body, draft.is_framed_wrongly = body, True
    if chunked in draft.framing and random.random() < 0.7:
        draft.body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


DIGITS_OF_A_LENGTH = b"9" * 30
CHANGES: Sequence[Change] = (
    in_path,
    in_query,
    in_header,
    in_many_headers,
    in_json,
    in_json,
    in_json,
    in_keys,
    in_body,
    in_method,
    in_framing,
)


def _put(draft: Draft, body: bytes, media_type: bytes = b"") -> None:
    draft.body = body
    kind = media_type or b"application/json"
    draft.headers = [each for each in draft.headers if each[0] != b"Content-Type"] + [(b"Content-Type", kind)]


def hostile(
    random: Random, operation: Operation, change: Change, headers: Sequence[tuple[bytes, bytes]]
) -> Draft:
    """A request to `operation` with `change` made to it, and now and then a second one."""
    draft = draft_of(random, operation, headers)
    change(random, draft, operation)
    if random.random() < 0.15:
        random.choice(CHANGES)(random, draft, operation)
    return draft


def describe_draft(draft: Draft) -> dict[str, Any]:
    """The request for a report, long parts cut."""
    raw = draft.encoded()
    return {"bytes": len(raw), "begins": raw[:1500]}
