"""Sets back how far a service has heard: what a restored database has forgotten is told to it again.

Each service hears in the consumer group of its own name. Effects of events are noted in the database with
the event's id, so what it does remember changes nothing a second time.
"""

import asyncio
import ssl
import time
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError, KafkaConnectionError, KafkaError

from backup.errors import BackupError
from backup.settings import KafkaSettings

LONGEST_WAIT = timedelta(days=1)
"""Between an event and its effect, when the backup was made; what waited for longer is not told again."""
PAUSE_SECONDS = 1


async def rewind_consumer_group(
    settings: KafkaSettings, group: str, since: datetime, *, wait_seconds: float
) -> int:
    """Set `group` back to `since`, less `MAX_WAIT`; returns the number of events it will hear again.

    Where it has not come so far yet, it stays. Safe to repeat. Raises `BackupError` if Kafka refuses, or
    after `wait_seconds` if it can't be reached or the group is still in use: Kafka takes a member that was
    killed for alive until its session is over.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return await _rewind(settings, group, since - LONGEST_WAIT)
        except KafkaConnectionError as error:
            failure = BackupError(f"Kafka can't be reached at {settings.brokers}: {error}")
        except CommitFailedError:
            failure = BackupError(f"Somebody still hears events as {group}.")
        except KafkaError as error:
            raise BackupError(f"Kafka refused to set {group} back: {error}") from error
        if time.monotonic() > deadline:
            raise failure
        await asyncio.sleep(PAUSE_SECONDS)


async def _rewind(settings: KafkaSettings, group: str, since: datetime) -> int:
    options = _connection(settings)
    admin = AIOKafkaAdminClient(**options)
    consumer = AIOKafkaConsumer(group_id=group, enable_auto_commit=False, **options)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(admin.close)
        await admin.start()
        heard = {
            partition: offset
            for partition, (offset, _) in (await admin.list_consumer_group_offsets(group)).items()
            if offset >= 0
        }
        if not heard:
            return 0
        stack.push_async_callback(consumer.stop)
        await consumer.start()
        consumer.assign(list(heard))
        instant = int(since.timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(heard, instant))
        back = {
            partition: OffsetAndMetadata(first.offset, "")
            for partition, first in found.items()
            if first is not None and first.offset < heard[partition]
        }
        if back:
            await consumer.commit(back)
        return sum(heard[partition] - offset for partition, (offset, _) in back.items())


def _connection(settings: KafkaSettings) -> dict[str, object]:
    options: dict[str, object] = {"bootstrap_servers": settings.brokers.split(",")}
    encrypted = not settings.disable_tls
    if encrypted:
        options["ssl_context"] = ssl.create_default_context(cadata=settings.ca_cert or None)
    if settings.auth_type == "none":
        return options | {"security_protocol": "SSL" if encrypted else "PLAINTEXT"}
    return options | {
        "security_protocol": "SASL_SSL" if encrypted else "SASL_PLAINTEXT",
        "sasl_mechanism": f"SCRAM-{settings.sasl_mechanism}",
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": settings.sasl_password.get_secret_value(),
    }
