"""Pods as the scheduler sees them: what they request, and which of them keep away from each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}
"""Of quantities in Kubernetes, as far as they are used here."""
GIB = UNITS["Gi"]


def parse_quantity(text: str | int) -> float:
    """Cores or bytes. Raises `ValueError` for a unit that isn't in `UNITS`."""
    number = str(text).rstrip("".join(UNITS))
    unit = str(text).removeprefix(number)
    if unit not in UNITS:
        raise ValueError(f"{text!r} has a unit that is unknown here")
    return float(number) * UNITS[unit]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Cores, and bytes of memory."""

    cpu: float = 0.0
    memory: float = 0.0

    @classmethod
    def parse(cls, resources: Mapping[str, Any]) -> "Amounts":
        """resources: `cpu` and `memory` as Kubernetes writes them; what is missing is nothing."""
        return cls(parse_quantity(resources.get("cpu", 0)), parse_quantity(resources.get("memory", 0)))

    @classmethod
    def sum(cls, several: Iterable["Amounts"]) -> "Amounts":
        listed = list(several)
        return cls(sum(each.cpu for each in listed), sum(each.memory for each in listed))

    def at_least(self, other: "Amounts") -> "Amounts":
        return Amounts(max(self.cpu, other.cpu), max(self.memory, other.memory))


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod, by what it requests and is limited to.

    owner: what it is one of several of, e.g. `task`; these are spread over nodes as evenly as there is room.
    apart: whether two of one owner never share a node while another has none (DoNotSchedule, maxSkew 1).
    first: whether it has a priority above others.
    volumes: block storage it mounts, in bytes each.
    """

    name: str
    owner: str
    requests: Amounts
    limits: Amounts = Amounts()
    apart: bool = False
    first: bool = False
    volumes: tuple[float, ...] = ()


def number_pods(pod: Pod, count: int) -> list[Pod]:
    """So many of one kind."""
    return [replace(pod, name=f"{pod.name}-{number}") for number in range(count)]


def sum_requests(pods: Iterable[Pod]) -> Amounts:
    return Amounts.sum(pod.requests for pod in pods)


def sum_limits(pods: Iterable[Pod]) -> Amounts:
    return Amounts.sum(pod.limits for pod in pods)
