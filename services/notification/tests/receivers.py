"""What notifications are sent to, for real: web server, push service and mail server on this machine."""

import asyncio
import base64
import hmac
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import http_ece
import jwt
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(slots=True)
class Gate:
    """What a receiver got it answers when this is open."""

    is_open: bool = True

    async def passed(self) -> None:
        while not self.is_open:
            await asyncio.sleep(0.01)


@dataclass(slots=True)
class Call:
    """One request a receiver got."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def delivery(self) -> str:
        return self.headers["Todo-Delivery"]


@dataclass(slots=True)
class Receiver:
    """A web server that keeps what it gets. statuses: what it answers, one after the other; then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    gate: Gate = field(default_factory=Gate)

    async def take(self, request: web.Request) -> web.Response:
        self.calls.append(Call(dict(request.headers), await request.read()))
        await self.gate.passed()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200, headers=self.headers)

    def verified(self, call: Call, secret: str) -> bool:
        """Whether `secret` made one of the signatures, as a receiver checks it."""
        parts = [part.partition("=") for part in call.headers["Todo-Signature"].split(",")]
        at = next(value for name, _, value in parts if name == "t")
        expected = hmac.digest(secret.encode(), f"{at}.".encode() + call.body, "sha256").hex()
        return any(name == "v1" and hmac.compare_digest(value, expected) for name, _, value in parts)


@asynccontextmanager
async def web_receiver(path: str = "/hook") -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post(path, receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    receiver.url = f"http://127.0.0.1:{port}{path}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


class Browser:
    """A push subscription as a browser makes it, and the key that opens what comes."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    @property
    def keys(self) -> dict[str, str]:
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"p256dh": _base64url(point), "auth": _base64url(self._auth)}

    def decrypted(self, call: Call) -> Any:
        """The message in a request of a push service (RFC 8291)."""
        assert call.headers["Content-Encoding"] == "aes128gcm"
        plain = http_ece.decrypt(
            call.body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
        )
        return json.loads(plain)


def vapid_claims(call: Call) -> dict[str, Any]:
    """Who sent it, checked against the key the sender shows (RFC 8292)."""
    scheme, _, parameters = call.headers["Authorization"].partition(" ")
    assert scheme == "vapid"
    found = dict(part.strip().split("=", 1) for part in parameters.split(","))
    raw = base64.urlsafe_b64decode(found["k"] + "=" * (-len(found["k"]) % 4))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    claims: dict[str, Any] = jwt.decode(found["t"], key, algorithms=["ES256"], options={"verify_aud": False})
    return claims | {"k": found["k"]}


class MailServer:
    """A mail server that keeps what it gets, and refuses addresses that begin with `bounce`."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.gate = Gate()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=30)

    def start(self) -> int:
        """Start; returns the port."""
        self._controller.start()
        return self.port

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("bounce"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        await self.gate.passed()
        return "250 OK"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
