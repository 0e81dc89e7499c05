"""Secrets of the local system: random, made once, kept in `.run/secrets.json` with mode 0600."""

import json
import os
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devstack.places import RunFolder

Secrets = dict[str, dict[str, str]]


def ensure_secrets(folder: RunFolder) -> Secrets:
    """The secrets of this run folder, named and shaped like the Kubernetes Secrets of a cluster."""
    if folder.secrets.exists():
        known: Secrets = json.loads(folder.secrets.read_text())
        return known
    fresh = fresh_secrets()
    with os.fdopen(os.open(folder.secrets, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(fresh, file, indent=2)
    return fresh


def fresh_secrets() -> Secrets:
    """What services read as secrets, with random values: name → keys."""
    return {
        "token-signing": {"current": _signing_key()},
        "session": {"key": secrets.token_urlsafe(32)},
        "redis": {"password": secrets.token_urlsafe(24)},
        "dapr-api": {"token": secrets.token_urlsafe(24)},
        "app-api": {"token": secrets.token_urlsafe(24)},
    }


def _signing_key() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )
