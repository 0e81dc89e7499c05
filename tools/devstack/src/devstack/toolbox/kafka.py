"""Apache Kafka, as the jars `toolchain/kafka/pom.xml` resolves to. A Java runtime runs them."""

import os
from dataclasses import dataclass
from pathlib import Path

from devstack.paths import ROOT
from devstack.toolbox.maven import MavenJars


@dataclass(frozen=True, slots=True)
class KafkaJars(MavenJars):
    """KAFKA_HOME, an unpacked Apache Kafka 4, is used instead where it is set."""

    def find(self) -> Path | None:
        home = os.environ.get("KAFKA_HOME")
        if home and (Path(home) / "libs").is_dir():
            return Path(home) / "libs"
        return MavenJars.find(self)


KAFKA = KafkaJars("kafka-jars", ROOT / "toolchain" / "kafka")
