"""Kafka, looked at from outside."""

import json
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.batch import unpack_events
from devstack.addresses import HOST, Addresses


@dataclass(frozen=True, slots=True)
class Message:
    """One record of a topic, or one event of a record that holds several."""

    partition: int
    key: str
    value: bytes

    @property
    def event(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.value)
        return parsed


async def read_topic(where: Addresses, topic: str) -> list[Message]:
    """Everything on `topic` up to now, in the order of each partition."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=f"{HOST}:{where.kafka}", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        found: list[Message] = []
        for partition, end in ends.items():
            while await consumer.position(partition) < end:
                records = (await consumer.getmany(partition, timeout_ms=500)).get(partition, [])
                found += [message for record in records for message in _messages_in(record)]
        return found
    finally:
        await consumer.stop()


def _messages_in(record: Any) -> list[Message]:
    """What a record holds; what is no JSON is one message, too."""
    key = (record.key or b"").decode()
    try:
        parsed = json.loads(record.value)
    except ValueError:
        return [Message(record.partition, key, record.value)]
    events = unpack_events(parsed)
    if events == [parsed]:
        return [Message(record.partition, key, record.value)]
    return [Message(record.partition, key, json.dumps(event).encode()) for event in events]


async def write_topic(where: Addresses, topic: str, value: bytes, key: bytes | None = None) -> None:
    """Put any bytes on `topic`, past the sidecars."""
    producer = AIOKafkaProducer(bootstrap_servers=f"{HOST}:{where.kafka}")
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=key)
    finally:
        await producer.stop()
