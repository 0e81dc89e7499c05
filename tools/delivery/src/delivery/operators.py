"""Waiting for what operators make of a release: Helm only knows that it has handed over the descriptions."""

from collections.abc import Iterator

import yaml

READY = "condition=Ready"
APPLIED = "jsonpath={.status.applied}=true"
CONDITIONS = {
    "Kafka": ("kafkas.kafka.strimzi.io", READY),
    "KafkaTopic": ("kafkatopics.kafka.strimzi.io", READY),
    "KafkaUser": ("kafkausers.kafka.strimzi.io", READY),
    "Cluster": ("clusters.postgresql.cnpg.io", READY),
    "Database": ("databases.postgresql.cnpg.io", APPLIED),
}
"""Kind → resource, and what its operator reports once it is usable; each after what it depends on."""


def build_waits(manifest: str, timeout: str) -> Iterator[list[str]]:
    """Arguments of kubectl that wait for everything operators make of a release.

    manifest: the release as Helm has it (`helm get manifest`). timeout: of each, as in `10m`.
    """
    kinds = {document["kind"] for document in yaml.safe_load_all(manifest) if document}
    for kind, (resource, condition) in CONDITIONS.items():
        if kind in kinds:
            yield ["wait", resource, "--all", f"--for={condition}", f"--timeout={timeout}"]
