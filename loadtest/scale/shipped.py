"""What is shipped for production: read from the charts and Kafka's topics."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from contracts.names import App
from devstack.paths import ROOT

GIB = 2**30
TOPIC = "todo-events"


@dataclass(frozen=True, slots=True)
class Shipped:
    """replicas: at most, by service. pool: connections of a pod. partitions: of todo-events."""

    replicas: Mapping[str, int]
    pool: int
    connections: int
    database_cores: float
    database_bytes: float
    partitions: int


def read_charts() -> Shipped:
    service, todo = _load_values("service/values.yaml"), _load_values("todo/values-production.yaml")
    data, production = (
        _load_values("data/values.yaml")["postgres"],
        _load_values("data/values-production.yaml")["postgres"],
    )
    most = service["autoscaling"]["max"]
    topics = yaml.safe_load_all((ROOT / "kafka" / "topics.yaml").read_text())
    return Shipped(
        replicas={app: todo.get(app, {}).get("autoscaling", {}).get("max", most) for app in sorted(App)},
        pool=service["databasePool"],
        connections=data["connections"] * len(data["services"]),
        database_cores=float(production["resources"]["limits"]["cpu"]),
        database_bytes=int(production["storage"].removesuffix("Gi")) * GIB,
        partitions=next(each["spec"]["partitions"] for each in topics if each["metadata"]["name"] == TOPIC),
    )


def _load_values(path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "charts" / path).read_text())
    return found
