"""Apache Kafka: the jars Maven resolves for `tools/kafka/pom.xml`. A Java runtime runs them."""

import os
from dataclasses import dataclass
from pathlib import Path

from devstack.places import ROOT, TOOLS
from devstack.toolbox.tool import fingerprint, is_stamped, require, run, stamp

POM = ROOT / "tools" / "kafka" / "pom.xml"
JARS = TOOLS / "kafka"
HOW_TO_GET_MAVEN = "Install Maven (and Java 17), or set KAFKA_HOME to an unpacked Apache Kafka 4."
HOW_TO_GET_JAVA = "Install a Java runtime, 17 or newer (Debian: default-jre-headless)."


@dataclass(frozen=True, slots=True)
class KafkaJars:
    name: str = "kafka"

    def found(self) -> Path | None:
        home = os.environ.get("KAFKA_HOME")
        if home and (Path(home) / "libs").is_dir():
            return Path(home) / "libs"
        return JARS if JARS.is_dir() and is_stamped(self.name, fingerprint([POM])) else None

    def make(self) -> None:
        require("java", HOW_TO_GET_JAVA)
        maven = require("mvn", HOW_TO_GET_MAVEN)
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
        run([maven, "--quiet", "--batch-mode", "--file", str(POM), *goal])
        stamp(self.name, fingerprint([POM]))


KAFKA = KafkaJars()
