"""What the keys encrypt and sign."""

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from notification_service.channels.keys import ChannelKeys, _derive_key
from py_vapid import Vapid02

from devstack.credentials import generate_secrets


def keys() -> ChannelKeys:
    secret = generate_secrets()["notification"]
    return ChannelKeys(secret["key"], Vapid02.from_pem(secret["vapid"].encode()))


class TestSecrets:
    def test_are_sealed_for_one_channel_of_one_server(self) -> None:
        ours, theirs = keys(), keys()
        encrypted = ours.encrypt("whsec_x", "channel")
        assert ours.decrypt(encrypted, "channel") == "whsec_x"
        assert "whsec" not in encrypted
        for who, channel in ((ours, "other"), (theirs, "channel")):
            with pytest.raises(InvalidTag):
                who.decrypt(encrypted, channel)


class TestUnsubscribeTokens:
    def test_are_for_the_channel_they_name(self) -> None:
        ours = keys()
        token = ours.make_unsubscribe_token("channel")
        assert ours.verify_unsubscribe_token(token) == "channel"
        forged = token.replace("channel", "other")
        for wrong in (
            forged,
            token[:-1],
            "channel",
            "channel.",
            "",
            keys().make_unsubscribe_token("channel"),
        ):
            assert ours.verify_unsubscribe_token(wrong) is None

    def test_are_not_made_with_what_seals(self) -> None:
        """Whoever sees many of them learns nothing of the key of secrets."""
        ours = keys()
        assert _derive_key(ours.key, "unsubscribe") != _derive_key(ours.key, "seal")


class TestARotation:
    def test_keeps_what_the_key_before_sealed_and_signed(self) -> None:
        before = keys()
        encrypted, token = before.encrypt("whsec_x", "channel"), before.make_unsubscribe_token("channel")
        after = replace(before, key="another", previous=before.key)
        assert after.decrypt(encrypted, "channel") == "whsec_x"
        assert after.verify_unsubscribe_token(token) == "channel"
        anew = after.reencrypt(encrypted, "channel")
        alone = replace(after, previous="")
        assert alone.decrypt(anew, "channel") == "whsec_x"
        assert alone.reencrypt(anew, "channel") == anew
        assert alone.verify_unsubscribe_token(token) is None
        with pytest.raises(InvalidTag):
            alone.decrypt(encrypted, "channel")

    def test_shows_no_key(self) -> None:
        ours = replace(keys(), previous="the one before")
        assert ours.key not in repr(ours)
        assert "the one before" not in repr(ours)
