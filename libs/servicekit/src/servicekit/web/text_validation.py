"""The one place where text comes in: it is Unicode and of a reasonable shape, or refused.

Python's own JSON reader takes more than JSON is (RFC 8259): half a surrogate pair, `NaN`, 1e400 as infinity.
None of that can be stored or sent on, so what is let in to a model would fail deep inside a service.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.errors import BadRequest, Invalid, ServiceError
from servicekit.problems import build_problem_response

MAX_DEPTH = 64
"""Lists and objects in one another; no route takes a tenth of it."""
MAX_INTEGER = 2**63 - 1
"""The largest number a database keeps as one."""
FILES = "/import"
"""A file costs only what is wrong in it: its reader tells of numbers that are too large."""
UNCHECKED = ("/events/", "/job/")
"""What daprd calls: Go has read it, and an event that can't be used is for the dead letters."""

_MAYBE_HUGE = re.compile(rb"[0-9]{19}|[0-9][eE]\+?[0-9]{2}")
_UNCLEAN = re.compile(r"[\ud800-\udfff]")


class TextValidation:
    """Answers 400 to a path or query, and 422 to a JSON body, that holds what is no text or number."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UNCHECKED):
            await self._app(scope, receive, send)
            return
        try:
            require_valid_target(scope)
            if _has_json(scope):
                receive = await _checked(receive, is_file=scope["path"].startswith(FILES))
        except ServiceError as error:
            await build_problem_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def require_valid_target(scope: Scope) -> None:
    """Raise `BadRequest` for a path or query that isn't UTF-8 once it is decoded."""
    for part in (scope.get("raw_path") or b"", scope["query_string"]):
        if b"%" in part or not part.isascii():
            try:
                unquote_to_bytes(part).decode()
            except UnicodeDecodeError as error:
                raise BadRequest("The URL is not valid UTF-8.", code="uri-invalid") from error


def require_valid_text(body: bytes, *, is_file: bool = False) -> None:
    """Raise `Invalid`, with pointers, for JSON that isn't Unicode, too deep, or has numbers past 64 bits.

    What is no JSON at all passes: its route says so, or wants something else.
    """
    if _is_plain(body):
        return
    try:
        document = json.loads(body)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise _wrong("", "A number has too many digits.") from error
        return
    for pointer, value in _leaves(document):
        _require_text(pointer, value)
        if not is_file:
            _require_size(pointer, value)


def _is_plain(body: bytes) -> bool:
    """Whether a quick look is enough: strict JSON, flat, no number that could be too large."""
    if _MAYBE_HUGE.search(body) or body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        return False
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _leaves(document: Any) -> Iterator[tuple[str, Any]]:
    """Each key and each value that is no list or object, with its pointer."""
    waiting: list[tuple[str, Any, int]] = [("", document, 0)]
    while waiting:
        pointer, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise _too_deep()
        if isinstance(value, dict):
            yield from ((pointer, key) for key in value)
            waiting += [(f"{pointer}/{_escaped(key)}", item, depth + 1) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{pointer}/{index}", item, depth + 1) for index, item in enumerate(value)]
        else:
            yield pointer, value


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _require_text(pointer: str, value: Any) -> None:
    if isinstance(value, str) and _UNCLEAN.search(value):
        raise _wrong(pointer, "This text contains an unpaired surrogate.", "not-unicode")


def _require_size(pointer: str, value: Any) -> None:
    if isinstance(value, int | float) and not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise _wrong(pointer, "This number is too large.")


def _wrong(pointer: str, detail: str, code: str = "number-too-large") -> Invalid:
    clean = _UNCLEAN.sub("\N{REPLACEMENT CHARACTER}", pointer)
    return Invalid.field(clean, detail, code=code)


def _too_deep() -> Invalid:
    return Invalid(f"JSON may be nested {MAX_DEPTH} levels deep.", code="too-deep")


def _has_json(scope: Scope) -> bool:
    """FastAPI reads a body without a type as JSON, so only one that says it is something else isn't."""
    headers = dict(scope["headers"])
    if scope["method"] in ("GET", "HEAD") or headers.get(b"content-length") == b"0":
        return False
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    return not kind or kind.endswith(b"json")


async def _checked(receive: Receive, is_file: bool) -> Receive:
    """A `receive` that gives the whole body again. Raises `Invalid`."""
    messages: list[Message] = []
    while not messages or (messages[-1]["type"] == "http.request" and messages[-1].get("more_body")):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)
    if body:
        require_valid_text(body, is_file=is_file)
    return _again(messages, receive)


def _again(messages: list[Message], receive: Receive) -> Callable[[], Any]:
    left = iter(messages)

    async def again() -> Message:
        return next(left, None) or await receive()

    return again
