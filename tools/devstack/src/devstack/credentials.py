"""Secrets of the local system: random, made once, kept in `.run/secrets.json` with mode 0600."""

import json
import os
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devstack.paths import RunFolder

Secrets = dict[str, dict[str, str]]


def ensure_secrets(folder: RunFolder) -> Secrets:
    """The secrets of this run folder, named and shaped like the Kubernetes Secrets of a cluster.

    Those a newer release wants beside them are added.
    """
    known: Secrets = json.loads(folder.secrets.read_text()) if folder.secrets.exists() else {}
    found = generate_secrets() | known
    if found != known:
        with os.fdopen(os.open(folder.secrets, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(found, file, indent=2)
    return found


def generate_secrets() -> Secrets:
    """What services read as secrets, with random values: name → keys."""
    return {
        "token-signing": {"current": _pem(Ed25519PrivateKey.generate())},
        "notification": {
            "key": secrets.token_urlsafe(32),
            "vapid": _pem(ec.generate_private_key(ec.SECP256R1())),
        },
        "session": {"key": secrets.token_urlsafe(32)},
        "redis": {"password": secrets.token_urlsafe(24)},
        "dapr-api": {"token": secrets.token_urlsafe(24)},
        "app-api": {"token": secrets.token_urlsafe(24)},
    }


def _pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
