"""What is secret here: read through Dapr's secret store, from the secret `notification`.

`key` seals the secrets of webhooks and signs unsubscribe links, `vapid` (PEM, P-256) is who this server is
to push services (RFC 8292), `smtp_password` is optional.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import FastAPI
from py_vapid import Vapid02

SECRET = "notification"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of this service."""

    key: str
    vapid: Vapid02
    smtp_password: str = field(default="", repr=False)

    @property
    def push_key(self) -> str:
        """The public key a browser subscribes with: base64url, uncompressed point."""
        point = self.vapid.public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return _base64url(point)

    def seal(self, secret: str, channel_id: str) -> str:
        nonce = os.urandom(12)
        sealed = AESGCM(self._derived("seal")).encrypt(nonce, secret.encode(), channel_id.encode())
        return _base64url(nonce + sealed)

    def unseal(self, sealed: str, channel_id: str) -> str:
        raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        return AESGCM(self._derived("seal")).decrypt(raw[:12], raw[12:], channel_id.encode()).decode()

    def unsubscribe_token(self, channel_id: str) -> str:
        """What an unsubscribe link carries: it can end this channel, and nothing else."""
        return f"{channel_id}.{self._mac(channel_id)}"

    def channel_of(self, token: str) -> str | None:
        """The channel an unsubscribe token is for; None if it was not made here."""
        channel_id, _, mac = token.partition(".")
        return channel_id if hmac.compare_digest(mac.encode(), self._mac(channel_id).encode()) else None

    def _mac(self, text: str) -> str:
        return _base64url(hmac.digest(self._derived("unsubscribe"), text.encode(), "sha256"))

    def _derived(self, purpose: str) -> bytes:
        return hashlib.sha256(f"todo notification {purpose}\0{self.key}".encode()).digest()


async def load(app: FastAPI) -> None:
    """Read the keys. Waits up to a minute for the sidecar; raises `Unavailable` after that."""
    secret = await app.state.sidecar.secret(SECRET)
    vapid = Vapid02.from_pem(secret["vapid"].encode())
    app.state.keys = Keys(secret["key"], vapid, secret.get("smtp_password", ""))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
