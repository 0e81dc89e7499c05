"""One Kafka node in KRaft mode, with the topics of `kafka/topics.yaml`."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from devstack import processes
from devstack.addresses import HOST, Addresses
from devstack.paths import ROOT, RunFolder
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.java import find_java
from devstack.toolbox.kafka import KAFKA
from devstack.toolbox.tool import run_command

logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it is asked until it answers

NAME = "kafka"
CLUSTER_ID = "dG9kby1sb2NhbC1rYWZrYQ"
JAVA_OPTIONS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a short life beside much else: compiling less takes 3 of 7.7 ms of Kafka's CPU off a change."""
MOST_PARTITIONS = 2
"""Of a topic: one replica of each service listens here, or two. A sidecar looks fifty times a second whether
the batch of a partition is full; with 3 and 6 of them that was most of what a system at rest did."""
ONLY_ONE_NODE = {"min.insync.replicas"}
"""Settings that make sense only with replicas."""


def start_kafka(folder: RunFolder, where: Addresses) -> processes.Process:
    """Format the storage if it is new, and start the node."""
    data = folder.path / "kafka"
    properties = data / "server.properties"
    new = not (data / "log").exists()
    data.mkdir(exist_ok=True)
    properties.write_text(_properties(where, data / "log"))
    java = [
        find_java(),
        *JAVA_OPTIONS,
        "-cp",
        f"{find_tool(KAFKA)}/*",
        *_logging(data),
    ]
    if new:
        run_command([*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties)])
    return processes.start_process(folder, NAME, [*java, "kafka.Kafka", str(properties)], umask=processes.OWN)


def read_topics() -> list[dict[str, Any]]:
    """The KafkaTopic resources of `kafka/topics.yaml`."""
    return list(yaml.safe_load_all((ROOT / "kafka" / "topics.yaml").read_text()))


async def create_topics(where: Addresses) -> None:
    """Make the topics that are missing. Raises `KafkaError` or `OSError` while Kafka can't be reached."""
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{HOST}:{where.kafka}")
    await admin.start()
    try:
        existing = await admin.list_topics()
        missing = [_new_topic(topic) for topic in read_topics() if topic["metadata"]["name"] not in existing]
        if missing:
            await admin.create_topics(missing)
    except TopicAlreadyExistsError:
        pass
    finally:
        await admin.close()


async def wait_for_topics(where: Addresses, seconds: float) -> bool:
    """Make the topics as soon as Kafka answers; False if it doesn't in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        try:
            await create_topics(where)
        except (KafkaError, OSError):
            await asyncio.sleep(0.3)
        else:
            return True
    return False


def _new_topic(topic: dict[str, Any]) -> NewTopic:
    spec = topic["spec"]
    partitions = min(spec["partitions"], MOST_PARTITIONS)
    config = {key: str(value) for key, value in spec["config"].items() if key not in ONLY_ONE_NODE}
    return NewTopic(topic["metadata"]["name"], partitions, 1, topic_configs=config)


def _properties(where: Addresses, log: Path) -> str:
    """Few threads, and no record twice a second for followers there are none of: half of its work at rest.

    Its cleaner has 4 MiB for keys in place of 128.
    """
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{HOST}:{where.kafka_controller}
listeners=PLAINTEXT://{HOST}:{where.kafka},CONTROLLER://{HOST}:{where.kafka_controller}
advertised.listeners=PLAINTEXT://{HOST}:{where.kafka}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={log}
num.network.threads=1
num.io.threads=2
background.threads=2
metadata.max.idle.interval.ms=0
log.cleaner.dedupe.buffer.size=4194304
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=10
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


def _logging(data: Path) -> list[str]:
    """Kafka logs to standard output, from INFO up."""
    config = data / "log4j2.properties"
    config.write_text(
        "rootLogger.level=INFO\n"
        "rootLogger.appenderRef.out.ref=OUT\n"
        "appender.out.type=Console\n"
        "appender.out.name=OUT\n"
        "appender.out.layout.type=PatternLayout\n"
        "appender.out.layout.pattern=[%d] %p %m (%c)%n\n"
    )
    return [f"-Dlog4j2.configurationFile={config}"]
