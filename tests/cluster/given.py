"""What is different on a cluster that somebody else made: whose namespaces it has, and which operators."""

import json
import os

from cluster.cluster import Cluster
from devstack.errors import CommandError
from tests.charts.rendering import NAMESPACE

CLUSTER_NAMESPACE = "CLUSTER_NAMESPACE"
GIVEN_NAMESPACE = "cluster-test"
OURS = "todo.test/made-by-tests"
KIND, CLUSTER_TEST = "kind", "cluster-test"
"""Files of values, by what they are for."""


def choose_namespace(cluster: Cluster) -> str:
    """Where the platform is installed for tests."""
    return os.environ.get(CLUSTER_NAMESPACE) or (GIVEN_NAMESPACE if cluster.given else NAMESPACE)


def choose_values(cluster: Cluster) -> str:
    """Those for Strimzi and NGINX Gateway Fabric where the cluster has Strimzi, else those without."""
    kafka = ["get", "crd", "kafkas.kafka.strimzi.io", "--ignore-not-found", "--output=name"]
    return KIND if cluster.kubectl(*kafka).strip() else CLUSTER_TEST


def claim_namespace(cluster: Cluster, namespace: str) -> None:
    """Make a namespace that tests may change and delete, or find the one of an earlier run.

    Raises `CommandError` if somebody else made it: a cluster that was given may have a `staging` people use.
    """
    found = cluster.kubectl("get", "namespace", namespace, "--ignore-not-found", "--output=json")
    if cluster.given and found and OURS not in json.loads(found)["metadata"].get("labels", {}):
        raise CommandError(f"The namespace {namespace} is not of these tests; they would overwrite it.")
    if not found:
        cluster.kubectl("create", "namespace", namespace)
    cluster.kubectl("label", "namespace", namespace, f"{OURS}=true", "--overwrite")
