"""What is secret here: read through Dapr's secret store, from the secret `notification`.

`key` encrypts the secrets of webhooks and signs unsubscribe links; `previous`, if there, is the key before
it: what it encrypted is decrypted and encrypted again (`key_rotation`), what it signed holds. `vapid` (PEM,
P-256) is who this server is to push services (RFC 8292), `smtp_password` is optional.
"""

import base64
import hashlib
import hmac
import os
from contextlib import suppress
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from py_vapid import Vapid02

from servicekit.dapr.sidecar import Sidecar

SECRET = "notification"


@dataclass(frozen=True, slots=True)
class ChannelKeys:
    """The keys of this service."""

    key: str = field(repr=False)
    vapid: Vapid02
    smtp_password: str = field(default="", repr=False)
    previous: str = field(default="", repr=False)

    @property
    def push_key(self) -> str:
        """The public key a browser subscribes with: base64url, uncompressed point."""
        point = self.vapid.public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return _encode_base64url(point)

    def encrypt(self, secret: str, channel_id: str) -> str:
        nonce = os.urandom(12)
        encrypted = AESGCM(_derive_key(self.key, "seal")).encrypt(nonce, secret.encode(), channel_id.encode())
        return _encode_base64url(nonce + encrypted)

    def decrypt(self, encrypted: str, channel_id: str) -> str:
        """What was encrypted with the key or the one before it. Raises `InvalidTag`."""
        for key in self._known[:-1]:
            with suppress(InvalidTag):
                return _decrypt(key, encrypted, channel_id)
        return _decrypt(self._known[-1], encrypted, channel_id)

    def reencrypt(self, encrypted: str, channel_id: str) -> str:
        """The same under the key of today; as it is if that encrypted it. Raises `InvalidTag`."""
        try:
            _decrypt(self.key, encrypted, channel_id)
        except InvalidTag:
            return self.encrypt(self.decrypt(encrypted, channel_id), channel_id)
        return encrypted

    def make_unsubscribe_token(self, channel_id: str) -> str:
        """What an unsubscribe link carries: it can end this channel, and nothing else."""
        return f"{channel_id}.{_sign(self.key, channel_id)}"

    def verify_unsubscribe_token(self, token: str) -> str | None:
        """The channel an unsubscribe token is for; None if it was not made here."""
        channel_id, _, mac = token.partition(".")
        right = [_sign(key, channel_id).encode() for key in self._known]
        return channel_id if any(hmac.compare_digest(mac.encode(), each) for each in right) else None

    @property
    def _known(self) -> tuple[str, ...]:
        return (self.key, self.previous) if self.previous else (self.key,)


async def load_keys(sidecar: Sidecar) -> ChannelKeys:
    """Read the keys. Waits up to a minute for the sidecar; raises `Unavailable` after that."""
    secret = await sidecar.secret(SECRET)
    vapid = Vapid02.from_pem(secret["vapid"].encode())
    return ChannelKeys(secret["key"], vapid, secret.get("smtp_password", ""), secret.get("previous", ""))


def _decrypt(key: str, encrypted: str, channel_id: str) -> str:
    raw = base64.urlsafe_b64decode(encrypted + "=" * (-len(encrypted) % 4))
    return AESGCM(_derive_key(key, "seal")).decrypt(raw[:12], raw[12:], channel_id.encode()).decode()


def _sign(key: str, text: str) -> str:
    return _encode_base64url(hmac.digest(_derive_key(key, "unsubscribe"), text.encode(), "sha256"))


def _derive_key(key: str, purpose: str) -> bytes:
    return hashlib.sha256(f"todo notification {purpose}\0{key}".encode()).digest()


def _encode_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
