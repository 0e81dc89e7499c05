"""Encrypts the secrets of webhooks anew after their key was replaced, so that the one before it can go."""

import logging

from cryptography.exceptions import InvalidTag

from notification_service.channels import repository
from notification_service.channels.keys import ChannelKeys
from notification_service.models import Channel
from servicekit.persistence.database import Database

CHUNK = 200

log = logging.getLogger(__name__)


async def reencrypt_secrets(database: Database, keys: ChannelKeys) -> int:
    """Encrypt with the key of today what the one before it encrypted; how many webhooks that were."""
    number, last = 0, ""
    while True:
        async with database.transaction() as session:
            webhooks = await repository.lock_any_webhooks(session, last, CHUNK)
            number += sum([_reencrypt(channel, keys) for channel in webhooks])
        if len(webhooks) < CHUNK:
            return number
        last = webhooks[-1].id


def _reencrypt(channel: Channel, keys: ChannelKeys) -> bool:
    encrypted = channel.keys.get("secrets", [])
    try:
        anew = [keys.reencrypt(each, channel.id) for each in encrypted]
    except InvalidTag:
        log.warning("no key decrypts the secrets of webhook %s; its user has to rotate them", channel.id)
        return False
    if anew == encrypted:
        return False
    channel.keys = channel.keys | {"secrets": anew}
    return True
