"""The keys that sign access tokens; a real secret, read through Dapr's secret store.

The secret `token-signing` holds PEM-encoded Ed25519 private keys: `current` signs; `previous`, if
there is one, still verifies what it signed before a rotation.
"""

import base64
import hashlib
import json
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from servicekit.dapr.sidecar import Sidecar
from servicekit.security.auth import ALGORITHM

SECRET = "token-signing"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key and its id, the JWK thumbprint of RFC 7638."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        return self.private.public_key()

    @property
    def id(self) -> str:
        members = {"crv": "Ed25519", "kty": "OKP", "x": self._x}
        canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
        return _encode_base64url(hashlib.sha256(canonical.encode()).digest())

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as published (RFC 8037)."""
        return {"kty": "OKP", "crv": "Ed25519", "x": self._x, "kid": self.id, "use": "sig", "alg": ALGORITHM}

    @property
    def _x(self) -> str:
        raw = self.public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return _encode_base64url(raw)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key that signs, first, and those that still verify."""

    keys: tuple[SigningKey, ...]

    @property
    def current(self) -> SigningKey:
        return self.keys[0]

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        return next((key.public for key in self.keys if key.id == kid), None)


async def load_key_ring(sidecar: Sidecar) -> KeyRing:
    """Read the keys. Waits up to a minute for the sidecar; raises `Unavailable` after that."""
    return parse_key_ring(await sidecar.secret(SECRET))


def parse_key_ring(secret: dict[str, str]) -> KeyRing:
    """The keys in the secret. Raises `ValueError` if one is not an Ed25519 key."""
    return KeyRing(
        tuple(_parse_private_key(secret[name]) for name in ("current", "previous") if secret.get(name))
    )


def _parse_private_key(pem: str) -> SigningKey:
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError("token-signing holds a key that is not Ed25519")
    return SigningKey(private)


def _encode_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
