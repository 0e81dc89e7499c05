"""Apache Kafka: the jars Maven resolves for `toolchain/kafka/pom.xml`. A Java runtime runs them."""

import os
from dataclasses import dataclass
from pathlib import Path

from devstack.paths import ROOT, TOOLS
from devstack.toolbox.tool import hash_files, is_stamped, require_command, run_command, write_stamp

POM = ROOT / "toolchain" / "kafka" / "pom.xml"
JARS = TOOLS / "kafka"
INSTALL_MAVEN = "Install Maven (and Java 17), or set KAFKA_HOME to an unpacked Apache Kafka 4."
INSTALL_JAVA = "Install a Java runtime, 17 or newer (Debian: default-jre-headless)."


@dataclass(frozen=True, slots=True)
class KafkaJars:
    name: str = "kafka"

    def find(self) -> Path | None:
        home = os.environ.get("KAFKA_HOME")
        if home and (Path(home) / "libs").is_dir():
            return Path(home) / "libs"
        return JARS if JARS.is_dir() and is_stamped(self.name, hash_files([POM])) else None

    def install(self) -> None:
        require_command("java", INSTALL_JAVA)
        maven = require_command("mvn", INSTALL_MAVEN)
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
        run_command([maven, "--quiet", "--batch-mode", "--file", str(POM), *goal])
        write_stamp(self.name, hash_files([POM]))


KAFKA = KafkaJars()
