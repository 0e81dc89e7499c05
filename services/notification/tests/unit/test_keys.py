"""What the keys seal and sign."""

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from notification_service.channels.keys import Keys, _derived
from py_vapid import Vapid02

from devstack.credentials import generate_secrets


def keys() -> Keys:
    secret = generate_secrets()["notification"]
    return Keys(secret["key"], Vapid02.from_pem(secret["vapid"].encode()))


class TestSecrets:
    def test_are_sealed_for_one_channel_of_one_server(self) -> None:
        ours, theirs = keys(), keys()
        sealed = ours.seal("whsec_x", "channel")
        assert ours.unseal(sealed, "channel") == "whsec_x"
        assert "whsec" not in sealed
        for who, channel in ((ours, "other"), (theirs, "channel")):
            with pytest.raises(InvalidTag):
                who.unseal(sealed, channel)


class TestUnsubscribeTokens:
    def test_are_for_the_channel_they_name(self) -> None:
        ours = keys()
        token = ours.unsubscribe_token("channel")
        assert ours.channel_of(token) == "channel"
        forged = token.replace("channel", "other")
        for wrong in (forged, token[:-1], "channel", "channel.", "", keys().unsubscribe_token("channel")):
            assert ours.channel_of(wrong) is None

    def test_are_not_made_with_what_seals(self) -> None:
        """Whoever sees many of them learns nothing of the key of secrets."""
        ours = keys()
        assert _derived(ours.key, "unsubscribe") != _derived(ours.key, "seal")


class TestARotation:
    def test_keeps_what_the_key_before_sealed_and_signed(self) -> None:
        before = keys()
        sealed, token = before.seal("whsec_x", "channel"), before.unsubscribe_token("channel")
        after = replace(before, key="another", previous=before.key)
        assert after.unseal(sealed, "channel") == "whsec_x"
        assert after.channel_of(token) == "channel"
        anew = after.resealed(sealed, "channel")
        alone = replace(after, previous="")
        assert alone.unseal(anew, "channel") == "whsec_x"
        assert alone.resealed(anew, "channel") == anew
        assert alone.channel_of(token) is None
        with pytest.raises(InvalidTag):
            alone.unseal(sealed, "channel")

    def test_shows_no_key(self) -> None:
        ours = replace(keys(), previous="the one before")
        assert ours.key not in repr(ours)
        assert "the one before" not in repr(ours)
