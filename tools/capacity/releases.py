"""Pods of the releases of other projects, by our values and the defaults in `releases.yaml`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from devstack.helmfile import Release
from tools.capacity.pods import Amounts, Pod, number_pods, parse_quantity

FILE = Path(__file__).with_name("releases.yaml")


def read_workloads() -> dict[str, list[dict[str, Any]]]:
    """The workloads of each release, by its name."""
    workloads: dict[str, list[dict[str, Any]]] = yaml.safe_load(FILE.read_text())
    return workloads


def list_pods(release: Release) -> tuple[list[Pod], list[Pod]]:
    """Its pods, and one of each kind that runs on every node. Raises `KeyError` for one that isn't listed."""
    running: list[Pod] = []
    each_node: list[Pod] = []
    for workload in read_workloads()[release.name]:
        pod = _read_workload(release, workload)
        if workload.get("kind") == "DaemonSet":
            each_node.append(pod)
        else:
            running += number_pods(pod, count_replicas(workload, release.values))
    return running, each_node


def list_surge(release: Release) -> list[Pod]:
    """One more of each Deployment, which comes before an old one goes while the release is upgraded."""
    return [
        _read_workload(release, each)
        for each in read_workloads()[release.name]
        if each.get("kind", "Deployment") == "Deployment"
    ]


def list_containers(release: Release) -> Iterator[tuple[str, Amounts]]:
    """Of each workload, what each of its containers requests."""
    for workload in read_workloads()[release.name]:
        for container in workload["containers"]:
            yield workload["name"], _read_amounts(container, release.values, "requests")


def count_replicas(workload: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    replicas = workload.get("replicas", {"default": 1})
    if "once_if" in replicas and not look_up(values, replicas["once_if"]):
        return 1
    return int(look_up(values, replicas.get("path", ""), replicas.get("default")))


def look_up(values: Mapping[str, Any], path: str, default: Any = None) -> Any:
    """What is at a path of names with dots between them, or the default."""
    found: Any = values
    for name in path.split(".") if path else [""]:
        if not isinstance(found, Mapping) or name not in found:
            return default
        found = found[name]
    return found


def _read_workload(release: Release, workload: Mapping[str, Any]) -> Pod:
    requests = Amounts.sum(_read_amounts(each, release.values, "requests") for each in workload["containers"])
    limits = Amounts.sum(_read_amounts(each, release.values, "limits") for each in workload["containers"])
    volume = workload.get("volume", {})
    size = look_up(release.values, volume.get("path", ""), volume.get("default"))
    volumes = (parse_quantity(size),) if size else ()
    return Pod(workload["name"], workload["name"], requests, limits, volumes=volumes)


def _read_amounts(container: Mapping[str, Any], values: Mapping[str, Any], kind: str) -> Amounts:
    """A default is of requests; charts that have one set no limit, or a higher one."""
    defaults = container.get("default", {}) if kind == "requests" else {}
    configured = look_up(values, f"{container['path']}.{kind}", {})
    return Amounts.parse({**defaults, **configured})
