"""Where pods go: what a node offers, and two ways to fill several of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.capacity.pods import Amounts, Pod, sum_requests


@dataclass(slots=True)
class Node:
    """One node, and what is on it. system: pods that were there before, one of each kind on every node."""

    name: str
    allocatable: Amounts
    most_pods: int
    most_volumes: int
    system: Sequence[Pod] = ()
    pods: list[Pod] = field(default_factory=list)

    @property
    def free(self) -> Amounts:
        taken = sum_requests([*self.system, *self.pods])
        return Amounts(self.allocatable.cpu - taken.cpu, self.allocatable.memory - taken.memory)

    @property
    def use(self) -> float:
        """Of what is scarcer here, the share that is taken."""
        free = self.free
        return 1 - min(free.cpu / self.allocatable.cpu, free.memory / self.allocatable.memory)

    def count(self, owner: str) -> int:
        return sum(pod.owner == owner for pod in self.pods)

    def has_room(self, pod: Pod) -> bool:
        free, volumes = self.free, sum(len(each.volumes) for each in self.pods)
        return (
            pod.requests.cpu <= free.cpu + 1e-9
            and pod.requests.memory <= free.memory
            and len(self.system) + len(self.pods) < self.most_pods
            and volumes + len(pod.volumes) <= self.most_volumes
        )


Choose = Callable[[Sequence[Node], Pod], Node]
"""Of the nodes a pod may go to, the one it goes to."""


def choose_first(nodes: Sequence[Node], pod: Pod) -> Node:
    """First fit, but for pods of one owner, which go where the fewest of them are."""
    return min(nodes, key=lambda node: node.count(pod.owner))


def choose_emptiest(nodes: Sequence[Node], pod: Pod) -> Node:
    """As kube-scheduler does unless told otherwise: spread, then least allocated."""
    return min(nodes, key=lambda node: (node.count(pod.owner), node.use))


def order_by_size(pods: Iterable[Pod], nodes: Sequence[Node]) -> list[Pod]:
    """Those with priority first, then by the share of a node they request; the largest first."""
    whole = nodes[0].allocatable

    def share(pod: Pod) -> float:
        return max(pod.requests.cpu / whole.cpu, pod.requests.memory / whole.memory)

    return sorted(pods, key=lambda pod: (not pod.first, not pod.apart, -share(pod), pod.name))


def place(pods: Iterable[Pod], nodes: Sequence[Node], choose: Choose = choose_first) -> list[Pod]:
    """Put pods on nodes in their order, beside what is there. Returns those that found no place."""
    left = []
    for pod in pods:
        fitting = [node for node in nodes if _may_go(pod, node, nodes) and node.has_room(pod)]
        if fitting:
            choose(fitting, pod).pods.append(pod)
        else:
            left.append(pod)
    return left


def _may_go(pod: Pod, node: Node, nodes: Sequence[Node]) -> bool:
    """maxSkew 1: no node may have two more of one owner than another, whether that has room or not."""
    return not pod.apart or node.count(pod.owner) <= min(each.count(pod.owner) for each in nodes)


def lose_node(nodes: Sequence[Node], lost: Node, choose: Choose = choose_emptiest) -> list[Pod]:
    """Its pods start elsewhere, where there is room; the others stay. Returns those that find no place.

    nodes: changed in place, except for `lost`, which is left out.
    """
    others = [node for node in nodes if node is not lost]
    return place(order_by_size(lost.pods, others), others, choose)


def copy_nodes(nodes: Iterable[Node]) -> list[Node]:
    return [
        Node(each.name, each.allocatable, each.most_pods, each.most_volumes, each.system, list(each.pods))
        for each in nodes
    ]


def sum_allocatable(nodes: Iterable[Node]) -> Amounts:
    return Amounts.sum(node.allocatable for node in nodes)


def format_nodes(nodes: Iterable[Node]) -> str:
    """For whoever has to find out what doesn't fit."""
    return "\n".join(
        f"{node.name}: {node.free.cpu:.2f} cores and {node.free.memory / 2**20:,.0f} MiB left beside "
        + ", ".join(sorted(_count(node).keys()))
        for node in nodes
    )


def _count(node: Node) -> Mapping[str, int]:
    return {f"{pod.name}": 1 for pod in node.pods}
