"""Consumer lag and offsets for Prometheus, under the names of Kafka Exporter (danielqsj/kafka_exporter).

In the cluster Strimzi runs that exporter; it is not to be had as a Go module, so a laptop has this one.
`python -m devstack.observe.kafka_exporter BROKERS PORT`
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from devstack.addresses import HOST

SECONDS = 2
TIMEOUT_SECONDS = 5
AT = ("topic", "partition")

Offsets = dict[TopicPartition, int]


@dataclass(slots=True)
class Seen:
    """What Kafka said last; nothing while it can't be asked."""

    brokers: int = 0
    ends: Offsets = field(default_factory=dict)
    committed: dict[str, Offsets] = field(default_factory=dict)


class Exporter(Collector):
    """Tells what was seen, and no old news."""

    def __init__(self) -> None:
        self.seen = Seen()

    def collect(self) -> Iterator[Metric]:
        seen = self.seen
        yield GaugeMetricFamily("kafka_brokers", "Number of brokers in the cluster", seen.brokers)
        at = ["topic", "partition"]
        end = GaugeMetricFamily(
            "kafka_topic_partition_current_offset", "Next offset of a partition", labels=at
        )
        lag = GaugeMetricFamily(
            "kafka_consumergroup_lag", "Messages not yet read", labels=["consumergroup", *at]
        )
        for where, offset in seen.ends.items():
            end.add_metric([where.topic, str(where.partition)], offset)
        for group, offsets in seen.committed.items():
            for where, offset in offsets.items():
                unread = max(0, seen.ends.get(where, offset) - offset)
                lag.add_metric([group, where.topic, str(where.partition)], unread)
        yield from (end, lag)


async def run(brokers: str, exporter: Exporter) -> None:
    """Look every few seconds until the process ends."""
    while True:
        try:
            async with _connected(brokers) as (admin, consumer):
                while True:
                    async with asyncio.timeout(TIMEOUT_SECONDS):
                        exporter.seen = await _look(admin, consumer)
                    await asyncio.sleep(SECONDS)
        except Exception as error:
            logging.warning("Kafka can't be queried: %r", error)
            exporter.seen = Seen()
        await asyncio.sleep(SECONDS)


@asynccontextmanager
async def _connected(brokers: str) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
    patience = {"bootstrap_servers": brokers, "request_timeout_ms": TIMEOUT_SECONDS * 1000}
    admin, consumer = AIOKafkaAdminClient(**patience), AIOKafkaConsumer(**patience)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await admin.start()
            await consumer.start()
        yield admin, consumer
    finally:
        await admin.close()
        await consumer.stop()


async def _look(admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> Seen:
    topics = await admin.describe_topics()
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in topics
        for partition in topic["partitions"]
        if not topic["is_internal"]
    ]
    groups = [group for group, *_ in await admin.list_consumer_groups()]
    return Seen(
        brokers=len((await admin.describe_cluster())["brokers"]),
        ends=await consumer.end_offsets(partitions),
        committed={group: await _committed(admin, group) for group in groups},
    )


async def _committed(admin: AIOKafkaAdminClient, group: str) -> Offsets:
    offsets = await admin.list_consumer_group_offsets(group)
    return {where: committed.offset for where, committed in offsets.items()}


def main() -> None:
    brokers, port = sys.argv[1:]
    exporter = Exporter()
    REGISTRY.register(exporter)
    start_http_server(int(port), HOST)
    asyncio.run(run(brokers, exporter))


if __name__ == "__main__":
    main()
