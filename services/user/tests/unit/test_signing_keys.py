"""Keys that sign and keys that verify."""

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from user_service.signing_keys import parse_key_ring

Private = Ed25519PrivateKey


def pem(key: PrivateKeyTypes) -> str:
    encoded: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded.decode()


class TestKeyRing:
    async def test_signs_with_the_current_key_and_verifies_with_both(self) -> None:
        current, previous = Private.generate(), Private.generate()
        ring = parse_key_ring({"current": pem(current), "previous": pem(previous)})
        assert ring.current.private.private_bytes_raw() == current.private_bytes_raw()
        for key in ring.keys:
            found = await ring.find(key.id)
            assert found == key.public
        assert await ring.find("unknown") is None

    def test_refuses_keys_of_another_kind(self) -> None:
        with pytest.raises(ValueError, match="not Ed25519"):
            parse_key_ring({"current": pem(generate_private_key(SECP256R1()))})

    def test_publishes_public_halves_only(self) -> None:
        (key,) = parse_key_ring({"current": pem(Private.generate())}).keys
        assert set(key.jwk) == {"kty", "crv", "x", "kid", "use", "alg"}
        assert jwt.PyJWK(key.jwk).key == key.public

    def test_names_a_key_by_its_thumbprint(self) -> None:
        """The example of RFC 8037, appendix A.3."""
        secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        (key,) = parse_key_ring({"current": pem(Private.from_private_bytes(secret))}).keys
        assert key.id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
