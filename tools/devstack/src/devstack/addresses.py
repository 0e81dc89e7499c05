"""Where everything listens: the ports of `dapr.yaml`, and those of the servers it needs.

`TODO_PORT_OFFSET` moves all of them; `TODO_EDGE_PORT`, `TODO_KAFKA_PORT`, `TODO_REDIS_PORT` and
`TODO_POSTGRES_PORT` move one.
"""

import copy
import fcntl
import os
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devstack.errors import CommandError
from devstack.paths import ROOT

HOST = "127.0.0.1"
APP_PORTS = ("appPort", "daprHTTPPort", "daprGRPCPort", "daprInternalGRPCPort", "metricsPort")
REPLICA_STEP = 20
"""Distance between the ports of one replica of an app and the next."""
OFFSET_STEP = 33
_claims: set[int] = set()
"""Offsets this process has claimed, by locks that the system frees when it ends."""


@dataclass(frozen=True, slots=True)
class AppAddress:
    """One instance of an app and its sidecar."""

    name: str
    """App-id, with a number behind it for the second replica and on: `frontend-2`."""
    app_id: str
    ports: Mapping[str, int]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.ports['appPort']}"

    @property
    def sidecar_url(self) -> str:
        return f"http://{HOST}:{self.ports['daprHTTPPort']}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Every port of one running system."""

    apps: tuple[AppAddress, ...]
    kafka: int
    kafka_controller: int
    redis: int
    postgres: int
    scheduler: int
    scheduler_etcd_peer: int
    scheduler_etcd_client: int
    scheduler_health: int
    scheduler_metrics: int

    @property
    def edge(self) -> str:
        return self.app("frontend").url

    def app(self, name: str) -> AppAddress:
        return next(app for app in self.apps if app.name == name)


def read_dapr_yaml() -> dict[str, Any]:
    """`dapr.yaml` as it stands in the repository."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "dapr.yaml").read_text())
    return content


def assign_addresses(replicas: Mapping[str, int] | None = None, offset: int | None = None) -> Addresses:
    """The addresses for this environment; `replicas` asks for more than one instance of an app."""
    move = read_port_offset() if offset is None else offset
    dapr_yaml = read_dapr_yaml()
    return Addresses(
        apps=tuple(_instances(dapr_yaml["apps"], replicas or {}, move)),
        kafka=_port("KAFKA", 9092 + move),
        kafka_controller=_port("KAFKA", 9092 + move) + 1,
        redis=_port("REDIS", 6379 + move),
        postgres=_port("POSTGRES", 5432 + move),
        scheduler=3906 + move,
        scheduler_etcd_peer=3907 + move,
        scheduler_etcd_client=3908 + move,
        scheduler_health=3909 + move,
        scheduler_metrics=3910 + move,
    )


def read_port_offset() -> int:
    """By how much this environment moves every port."""
    return int(os.environ.get("TODO_PORT_OFFSET", "0"))


def find_free_offset(first: int, replicas: Mapping[str, int] | None = None) -> int:
    """The first offset from `first` on whose ports are free, so that two runs of tests don't meet.

    It is this process's until it ends. Raises `CommandError` after ten tries.
    """
    for offset in range(first, first + 10 * OFFSET_STEP, OFFSET_STEP):
        where = assign_addresses(replicas, offset)
        if any(map(_is_taken, [*list_ports(where).values(), where.postgres])):
            continue
        if _claim(offset):
            return offset
    raise CommandError(f"Near the offset {first} all ports are in use.")


def _claim(offset: int) -> bool:
    """Whether no other process has claimed `offset`: between looking and listening others look, too."""
    if offset in _claims:
        return True
    lock = os.open(Path(tempfile.gettempdir()) / f"todo-offset-{offset}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return False
    _claims.add(offset)
    return True


def _instances(apps: list[dict[str, Any]], replicas: Mapping[str, int], move: int) -> list[AppAddress]:
    found = []
    for app in apps:
        for number in range(replicas.get(app["appID"], 1)):
            ports = {key: app[key] + move + number * REPLICA_STEP for key in APP_PORTS}
            if app["appID"] == "frontend" and number == 0:
                ports["appPort"] = _port("EDGE", ports["appPort"])
            name = app["appID"] if number == 0 else f"{app['appID']}-{number + 1}"
            found.append(AppAddress(name, app["appID"], ports))
    return found


def derive_dapr_yaml(where: Addresses, folder: Path, runtime_path: Path) -> dict[str, Any]:
    """`dapr.yaml` with the ports of `where`, to be run from `folder` with the programs in `runtime_path`."""
    content = read_dapr_yaml()
    common = content["common"]
    common["runtimePath"] = str(runtime_path)
    common["resourcesPaths"] = [str(ROOT / path) for path in common["resourcesPaths"]]
    common["configFilePath"] = str(ROOT / common["configFilePath"])
    common["schedulerHostAddress"] = f"{HOST}:{where.scheduler}"
    templates = {app["appID"]: app for app in content["apps"]}
    content["apps"] = []
    for instance in where.apps:
        app = copy.deepcopy(templates[instance.app_id]) | dict(instance.ports)
        app["appDirPath"] = str(folder)
        content["apps"].append(app)
    return content


def require_free_ports(ports: Mapping[str, int]) -> None:
    """Raise `CommandError` naming each port somebody else listens on."""
    taken = [f"  {port} ({name})" for name, port in ports.items() if _is_taken(port)]
    if taken:
        raise CommandError(
            "These ports are in use by something else:\n" + "\n".join(taken) + "\n"
            "Stop it, or move all of ours: TODO_PORT_OFFSET=1000 make up"
        )


def list_ports(where: Addresses) -> dict[str, int]:
    """Every port of `where` by what it is for; PostgreSQL's is not always used, so not here."""
    servers = {name: getattr(where, name) for name in Addresses.__slots__ if name not in ("apps", "postgres")}
    apps = {f"{app.name} {key}": port for app in where.apps for key, port in app.ports.items()}
    return servers | apps


def _port(name: str, default: int) -> int:
    return int(os.environ.get(f"TODO_{name}_PORT", default))


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
