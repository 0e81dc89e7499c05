"""The user service with a signing key, on both databases."""

from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from user_service.container import container_of
from user_service.main import create
from user_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from servicekit.dapr.sidecar import Sidecar
from servicekit.security.auth import TokenVerifier

PEM = (
    Ed25519PrivateKey.generate()
    .private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    .decode()
)


async def secret(_: Sidecar, name: str) -> dict[str, str]:
    assert name == "token-signing"
    return {"current": PEM}


@pytest.fixture
async def user(open_service: OpenService) -> ServiceUnderTest:
    """As nobody, until somebody signs up."""
    with patch.object(Sidecar, "secret", secret):
        service = await open_service(create, Settings)
    service.app.state.verifier = TokenVerifier(container_of(service.app).key_ring)
    del service.client.headers["authorization"]
    return service
