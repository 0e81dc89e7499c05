"""What so many users need of each part, and which part is the first to have too little."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from loadtest.scale.measured import Measured
from loadtest.scale.queueing import servers_needed
from loadtest.scale.shipped import GIB, Shipped

USERS = (10_000, 1_000_000, 100_000_000)
EDGE = "frontend"


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is decided or guessed, not measured.

    active: share of all users at work at the busiest time, each at a request every `pace` seconds. tasks:
    of a user. busy: share of its time a process works at most. wait, event_wait: seconds 95 % of requests
    wait for a process, and of events for a consumer. largest_*: of one PostgreSQL server. pods: of a cluster.
    """

    active: float = 0.05
    pace: float = 4.7
    tasks: int = 500
    busy: float = 0.7
    wait: float = 0.01
    event_wait: float = 0.1
    largest_cores: int = 64
    largest_bytes: float = 8 * 1024 * GIB
    largest_connections: int = 5_000
    largest_partitions: int = 200
    pods: int = 5_000


@dataclass(frozen=True, slots=True)
class Need:
    """shipped, largest: what there is of it as shipped, and at most in one cell. how: its calculation."""

    what: str
    needed: float
    shipped: float
    largest: float
    how: str

    @property
    def share(self) -> float:
        """Of what is shipped; over 1 it breaks."""
        return self.needed / self.shipped


@dataclass(frozen=True, slots=True)
class Model:
    measured: Measured
    shipped: Shipped
    assumed: Assumed

    def request_rate(self, users: int) -> float:
        """Requests a second at the busiest time."""
        return users * self.assumed.active / self.assumed.pace

    def list_needs(self, users: int) -> list[Need]:
        """Of each part, the one that breaks first at the head."""
        processes = self.count_processes(users)
        needs = [
            *self._pod_needs(processes),
            self._core_need(users),
            self._connection_need(processes),
            self._relay_need(users),
            self._partition_need(users),
            self._storage_need(users),
        ]
        return sorted(needs, key=lambda need: -need.share)

    def count_processes(self, users: int) -> dict[str, int]:
        """Of each service; as many cores at most, as Python keeps one busy."""
        return {
            service: servers_needed(
                self.request_rate(users) * visits,
                self.measured.ms[service] / 1e3 / visits,
                self.assumed.wait,
                self.assumed.busy,
            )
            for service, visits in self._requests_by_service().items()
        }

    def count_cores(self, users: int) -> float:
        """Of the whole system, each busy as much as it may be."""
        return self.request_rate(users) * self.measured.ms_each / 1e3 / self.assumed.busy

    def find_cell_size(self) -> int:
        """The most users one cell carries: no part of it larger than the largest there is."""
        least, most = 1, 2
        while self._fits_cell(most):
            least, most = most, most * 2
        while most - least > 1:
            middle = (least + most) // 2
            least, most = (middle, most) if self._fits_cell(middle) else (least, middle)
        return least

    def bounds_of_cell(self) -> Need:
        """The part that keeps a cell from being larger."""
        return max(self.list_needs(self.find_cell_size()), key=lambda need: need.needed / need.largest)

    def count_cells(self, users: int) -> int:
        return math.ceil(users / self.find_cell_size())

    def _fits_cell(self, users: int) -> bool:
        return all(need.needed <= need.largest for need in self.list_needs(users))

    def _requests_by_service(self) -> Mapping[str, float]:
        return {EDGE: 1.0, **{name: share for name, share in self.measured.visits.items() if share}}

    def _pod_needs(self, processes: Mapping[str, int]) -> list[Need]:
        whole = sum(processes.values())
        how = "{rate} a second × {ms:.2f} ms each, {busy:.0f} % busy, M/M/c"
        made = []
        for service, count in processes.items():
            visits = self._requests_by_service()[service]
            explanation = how.format(
                rate=f"{visits * 100:.0f} % of requests",
                ms=self.measured.ms[service] / visits,
                busy=self.assumed.busy * 100,
            )
            largest = self.assumed.pods * count / whole
            made.append(
                Need(f"processes of {service}", count, self.shipped.replicas[service], largest, explanation)
            )
        return made

    def _core_need(self, users: int) -> Need:
        ms = self.measured.ms["postgres"]
        needed = servers_needed(self.request_rate(users), ms / 1e3, self.assumed.wait, self.assumed.busy)
        how = f"{ms:.2f} ms a request, {self.assumed.busy * 100:.0f} % busy, M/M/c"
        shipped, largest = self.shipped.database_cores, self.assumed.largest_cores
        return Need("cores of PostgreSQL", needed, shipped, largest, how)

    def _connection_need(self, processes: Mapping[str, int]) -> Need:
        pods = sum(count for service, count in processes.items() if service != EDGE)
        how = f"{pods:,} pods with a database × {self.shipped.pool}"
        shipped, largest = self.shipped.connections, self.assumed.largest_connections
        return Need("connections to PostgreSQL", pods * self.shipped.pool, shipped, largest, how)

    def _relay_need(self, users: int) -> Need:
        rate = self.event_rate(users) / self.measured.relay
        carried = f"one carries {self.measured.relay:,.0f} events a second"
        how = f"{self.measured.writes * 100:.1f} % of requests write; {carried}"
        return Need("relays of task", rate / self.assumed.busy, 1, 1, how)

    def _partition_need(self, users: int) -> Need:
        slowest = min(self.measured.consume.values())
        needed = servers_needed(
            self.event_rate(users), 1 / slowest, self.assumed.event_wait, self.assumed.busy
        )
        how = f"a consumer of one takes {slowest:,.0f} events a second, M/M/c"
        shipped, largest = self.shipped.partitions, self.assumed.largest_partitions
        return Need("partitions of todo-events", needed, shipped, largest, how)

    def _storage_need(self, users: int) -> Need:
        each = self.assumed.tasks * self.measured.task_bytes
        how = f"{self.assumed.tasks:,} tasks of {self.measured.task_bytes:,.0f} bytes a user"
        shipped, largest = self.shipped.database_bytes / GIB, self.assumed.largest_bytes / GIB
        return Need("GiB of PostgreSQL", users * each / GIB, shipped, largest, how)

    def event_rate(self, users: int) -> float:
        """A second, at the busiest time."""
        return self.request_rate(users) * self.measured.writes
