"""HTTP over a bare socket: sends the bytes it is given and reads what comes back."""

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

SECONDS = 20
PROBLEM = "application/problem+json"
MEMBERS = ("type", "title", "status", "code", "detail")
FRAMEWORK_WORDS = (
    "Traceback",
    "pydantic",
    "input_value",
    "Value error",
    "sqlalchemy",
    "asyncpg",
    "starlette",
    'File "',
    "Internal Server Error",
    "Method Not Allowed",
    "Invalid HTTP request",
    "codec can't",
    "object has no attribute",
)


@dataclass(frozen=True, slots=True)
class Raw:
    """What came back; status 0 where the connection ended without a response."""

    status: int
    media_type: str = ""
    body: bytes = b""

    def fault(self, *, is_head: bool = False) -> str:
        """What is wrong with it as a response to whatever was asked; empty if nothing is."""
        if self.status >= 500:
            return f"{self.status}: {self.body[:300]!r}"
        if self.status < 400 or (is_head and self.media_type == PROBLEM):
            return ""
        if self.media_type != PROBLEM:
            return f"{self.status} as {self.media_type or 'nothing'}: {self.body[:300]!r}"
        return _fault_of_problem(self.status, self.body)


def _fault_of_problem(status: int, body: bytes) -> str:
    problem: dict[str, Any] = json.loads(body)
    if missing := [name for name in MEMBERS if not problem.get(name)]:
        return f"a problem without {missing}: {body[:300]!r}"
    if problem["status"] != status:
        return f"{status} says it is {problem['status']}"
    text = " ".join(str(problem[name]) for name in ("title", "detail"))
    text += " ".join(str(each.get("detail")) for each in problem.get("errors", ()))
    found = [words for words in FRAMEWORK_WORDS if words in text]
    return f"in the words of a framework {found}: {text[:500]}" if found else ""


def exchange(edge: str, request: bytes, method: str, *, ends: bool = False) -> Raw:
    """The response to `request`. Raises `TimeoutError` if none comes in 20 s.

    ends: close the own direction after the request, for bodies that are shorter than they say.
    """
    where = urlsplit(edge)
    assert where.hostname
    with socket.create_connection((where.hostname, where.port or 80), timeout=SECONDS) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before it was all sent
            connection.sendall(request)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        return _read_response(connection, method)


def _read_response(connection: socket.socket, method: str) -> Raw:
    response = HTTPResponse(connection, method=method)
    try:
        response.begin()
        media_type = response.headers.get_content_type() if "content-type" in response.headers else ""
        is_endless = media_type == "text/event-stream"
        return Raw(response.status, media_type, b"" if is_endless else response.read())
    except (HTTPException, ConnectionResetError):
        return Raw(0)
    finally:
        response.close()
