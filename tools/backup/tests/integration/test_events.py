"""What was told since the backup is told again; on a real Kafka."""

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from backup.consumer_offsets import LONGEST_WAIT

from devstack import kafka, processes
from devstack.addresses import HOST, Addresses, assign_addresses, find_free_offset
from devstack.paths import RunFolder
from tools.backup.tests.integration.conftest import Kept

START_SECONDS, STOP_SECONDS = 60, 5
PORT_OFFSET = 3200
PARTITIONS = 2


@dataclass(frozen=True, slots=True)
class RestoredConsumer:
    """A topic, and the service whose database is `kept`."""

    server: str
    topic: str
    kept: Kept

    async def tell(self, *ages: timedelta) -> None:
        """An event for each age, the eldest first, in each partition."""
        producer = AIOKafkaProducer(bootstrap_servers=self.server)
        await producer.start()
        now = datetime.now(UTC)
        for age in sorted(ages, reverse=True):
            at = int((now - age).timestamp() * 1000)
            for partition in range(PARTITIONS):
                await producer.send_and_wait(
                    self.topic, str(age).encode(), partition=partition, timestamp_ms=at
                )
        await producer.stop()

    def listener(self, **options: object) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            self.topic,
            bootstrap_servers=self.server,
            group_id=self.kept.database,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            **options,
        )

    async def hear(self, of_each: int | None = None) -> list[str]:
        """What the service hears of each partition, up to so many."""
        heard: dict[TopicPartition, list[str]] = {}
        listener = self.listener()
        await listener.start()
        ends = await listener.end_offsets([TopicPartition(self.topic, each) for each in range(PARTITIONS)])
        while [each for each, end in ends.items() if await listener.position(each) < end]:
            for partition, messages in (await listener.getmany(timeout_ms=100)).items():
                heard.setdefault(partition, []).extend(message.value.decode() for message in messages)
        received = [messages[:of_each] for messages in heard.values()]
        for partition, messages in zip(heard, received, strict=True):
            first = (await listener.committed(partition)) or 0
            await listener.commit({partition: first + len(messages)})
        await listener.stop()
        assert all(messages == received[0] for messages in received)
        return received[0] if received else []

    def restore(self, *, succeeds: bool = True, **environment: str) -> str:
        settings = {"KAFKA_BROKERS": self.server, "KAFKA_AUTH_TYPE": "none", "KAFKA_DISABLE_TLS": "true"}
        return self.kept.run("restore", "--replace", succeeds=succeeds, **settings | environment)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    folder = RunFolder(tmp_path_factory.mktemp("kafka"))
    folder.make()
    where = assign_addresses(offset=find_free_offset(PORT_OFFSET))
    process = kafka.start_kafka(folder, where)
    assert asyncio.run(kafka.wait_for_topics(where, START_SECONDS))
    yield where
    processes.stop_process(folder, process, seconds=STOP_SECONDS)


@pytest.fixture
async def consumer(broker: Addresses, kept: Kept) -> AsyncIterator[RestoredConsumer]:
    """With a backup that was made a moment ago."""
    await kept.execute("CREATE TABLE alembic_version (version_num text)", "CREATE TABLE t (i int)")
    await kept.execute("INSERT INTO alembic_version VALUES ('0007')")
    kept.run("take")
    await kept.execute("INSERT INTO t VALUES (1)")
    server = f"{HOST}:{broker.kafka}"
    admin = AIOKafkaAdminClient(bootstrap_servers=server)
    await admin.start()
    topic = uuid4().hex
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    yield RestoredConsumer(server, topic, kept)
    await admin.close()


NOW = timedelta(0)
WAITED = LONGEST_WAIT - timedelta(minutes=1)
LONG_AGO = LONGEST_WAIT + timedelta(minutes=1)


class TestARestoredService:
    async def test_hears_again_what_its_database_may_have_forgotten(self, consumer: RestoredConsumer) -> None:
        await consumer.tell(LONG_AGO, WAITED, NOW)
        assert len(await consumer.hear()) == 3
        assert "will hear 4 events again" in consumer.restore()
        assert await consumer.kept.fetch("SELECT count(*) FROM t") == [0]
        assert await consumer.hear() == [str(WAITED), str(NOW)]

    async def test_goes_on_where_it_was_if_that_is_longer_ago(self, consumer: RestoredConsumer) -> None:
        await consumer.tell(LONG_AGO, LONG_AGO, NOW)
        await consumer.hear(of_each=1)
        assert "will hear 0 events again" in consumer.restore()
        assert await consumer.hear() == [str(LONG_AGO), str(NOW)]

    async def test_that_has_never_heard_anything_hears_all(self, consumer: RestoredConsumer) -> None:
        await consumer.tell(LONG_AGO, NOW)
        assert "will hear 0 events again" in consumer.restore()
        assert len(await consumer.hear()) == 2

    async def test_is_left_alone_if_somebody_wants_that(self, consumer: RestoredConsumer) -> None:
        await consumer.tell(NOW)
        await consumer.hear()
        assert "again" not in consumer.restore(BACKUP_EVENTS="leave")
        assert await consumer.kept.fetch("SELECT count(*) FROM t") == [0]
        assert await consumer.hear() == []


class TestARefusal:
    """Nothing is restored then."""

    async def test_while_somebody_listens(self, consumer: RestoredConsumer) -> None:
        await consumer.tell(NOW)
        await consumer.hear()
        async with consumer.listener():
            impatient = functools.partial(consumer.restore, succeeds=False, BACKUP_CONNECT_SECONDS="0")
            output = await asyncio.to_thread(impatient)
        assert f"FAILED: Somebody still hears events as {consumer.kept.database}." in output
        assert await consumer.kept.fetch("SELECT count(*) FROM t") == [1]
        assert await consumer.hear() == []

    async def test_of_a_kafka_that_can_not_be_reached(self, consumer: RestoredConsumer) -> None:
        output = consumer.restore(succeeds=False, KAFKA_BROKERS=f"{HOST}:1", BACKUP_CONNECT_SECONDS="0")
        assert f"FAILED: Kafka can't be reached at {HOST}:1" in output
        assert await consumer.kept.fetch("SELECT count(*) FROM t") == [1]
