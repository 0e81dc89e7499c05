"""A real cluster for every test here: the one of `make cluster` if it runs, else one for this test run.

Or the one that KUBECONFIG names: its nodes have to have the services' images, tests use a namespace of their
own (CLUSTER_NAMESPACE), and what only shows on the node of `make cluster` is skipped with the reason.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.cli import FOLDER
from cluster.cluster import Cluster
from cluster.images.build import SERVICES
from cluster.paths import ClusterFolder
from contracts.names import App
from devstack.errors import CommandError
from tests.cluster.machine_state import MachineState
from tests.cluster.pod_logs import pod_logs
from tests.cluster.reaching import stop_forwarding


@pytest.fixture(scope="session")
def before() -> MachineState:
    """The machine as it was before the cluster of this test run."""
    if _given_kubeconfig():
        pytest.skip("nothing of a cluster that KUBECONFIG names is on this machine")
    return MachineState.now()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Has the services' images; a running one is left running, one given by KUBECONFIG is never touched."""
    cluster = Cluster(ClusterFolder(FOLDER), _given_kubeconfig())
    ran_before = bool(cluster.given) or cluster.is_running()
    if not cluster.given:
        request.getfixturevalue("before")
        cluster.up()
        if SERVICES[App.TASK] not in cluster.images():
            raise CommandError("The images of the services are missing; run `make cluster-images` first.")
    with pod_logs(cluster.folder) as kept:
        yield cluster
    stop_forwarding()
    if cluster.given:
        return
    if request.session.testsfailed:
        request.config.get_terminal_writer().line(f"\nwhat the pods wrote: {kept}")
    else:
        shutil.rmtree(kept, ignore_errors=True)
    if not ran_before:
        cluster.down()


def _given_kubeconfig() -> Path | None:
    """That of somebody else's cluster."""
    named = os.environ.get("KUBECONFIG")
    path = Path(named).resolve() if named else None
    return path if path != ClusterFolder(FOLDER).kubeconfig else None


@pytest.fixture
def own_node(cluster: Cluster) -> None:
    """For tests of what only the cluster of `make cluster` shows."""
    if cluster.given:
        pytest.skip("needs the node of `make cluster`; KUBECONFIG names another cluster")


@pytest.fixture(scope="session")
def own_images(cluster: Cluster) -> None:
    """For tests that bring images of their own."""
    if cluster.given:
        pytest.skip("brings images onto the node of `make cluster`; KUBECONFIG names another cluster")


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh namespace under the strictest Pod Security."""
    name = f"test-{request.node.name.replace('_', '-')[:50].rstrip('-')}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=true")
