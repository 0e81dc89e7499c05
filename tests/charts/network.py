"""What network policies let through, worked out from the policies as Kubernetes does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.charts.rendering import NAMESPACE, Object, of_kind

NAMESPACE_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Place:
    """A pod as policies see it: its labels, and the namespace it is in."""

    labels: Mapping[str, str]
    namespace: str = NAMESPACE


@dataclass(frozen=True, slots=True)
class Network:
    policies: Sequence[Object]

    @classmethod
    def of(cls, objects: Sequence[Object]) -> "Network":
        return cls(list(of_kind(objects, "NetworkPolicy").values()))

    def lets_through(self, source: Place, target: Place, port: int) -> bool:
        """Whether a TCP connection is opened: the source may send and the target receive it."""
        return self.allows("egress", source, target, port) and self.allows("ingress", target, source, port)

    def allows(self, direction: str, pod: Place, peer: Place, port: int) -> bool:
        """Whether `pod` may send to the peer (`egress`) or receive from it (`ingress`), at this port."""
        if pod.namespace != NAMESPACE:
            return True
        mine = [policy["spec"] for policy in self.policies if self._is_for(policy, direction, pod)]
        end = "to" if direction == "egress" else "from"
        rules = [rule for spec in mine for rule in spec.get(direction, [])]
        return not mine or any(_lets(rule, end, peer, port) for rule in rules)

    def _is_for(self, policy: Object, direction: str, pod: Place) -> bool:
        spec = policy["spec"]
        return direction.capitalize() in spec["policyTypes"] and selects(spec["podSelector"], pod.labels)


def _lets(rule: Mapping[str, Any], end: str, peer: Place, port: int) -> bool:
    ports = [entry["port"] for entry in rule.get("ports", []) if entry.get("protocol", "TCP") == "TCP"]
    if "ports" in rule and port not in ports:
        return False
    return end not in rule or any(_is(selector, peer) for selector in rule[end])


def _is(selector: Mapping[str, Any], peer: Place) -> bool:
    if "ipBlock" in selector:
        return False
    namespaces = selector.get("namespaceSelector", {"matchLabels": {NAMESPACE_LABEL: NAMESPACE}})
    return selects(namespaces, {NAMESPACE_LABEL: peer.namespace}) and selects(
        selector.get("podSelector", {}), peer.labels
    )


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """A label selector; of expressions only `In`, which is all the charts use."""
    required = selector.get("matchLabels", {})
    expressions = selector.get("matchExpressions", [])
    assert all(expression["operator"] == "In" for expression in expressions)
    return all(labels.get(key) == value for key, value in required.items()) and all(
        labels.get(expression["key"]) in expression["values"] for expression in expressions
    )
