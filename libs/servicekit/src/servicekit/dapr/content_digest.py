"""`Content-Digest` (RFC 9530) on every response, so that whoever asked through Dapr can tell a whole one.

Dapr drops `Content-Length` and gives a response that broke off, because the app died while it wrote it,
as a complete one with status 200 (docs/decisions/0012).
"""

import hashlib
from base64 import b64encode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "content-digest"


class ContentDigest:
    """Adds the digest; holds the head of a response back until its whole body is there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head: Message = {}
        parts: list[bytes] = []

        async def digested(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = message
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts)
            own = (HEADER.encode(), compute_digest(body).encode())
            await send({**head, "headers": [*head.get("headers", ()), own]})
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, digested)


def compute_digest(body: bytes) -> str:
    """The value of the header for `body`."""
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"
