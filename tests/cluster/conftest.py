"""A real cluster for every test here: the one of `make cluster` if it runs, else one for this test run."""

import time
from collections.abc import Callable, Iterator

import pytest

from cluster.cli import FOLDER
from cluster.cluster import Cluster
from cluster.images.build import SERVICES
from contracts.names import App
from devstack.failure import Failure
from tests.cluster.machine_state import MachineState

Until = Callable[[Callable[[], bool], float], None]


@pytest.fixture(scope="session")
def before() -> MachineState:
    """The machine as it was before the cluster of this test run."""
    return MachineState.now()


@pytest.fixture(scope="session")
def cluster(before: MachineState) -> Iterator[Cluster]:
    """Has the services' images; a running one is left running."""
    cluster = Cluster.at(FOLDER)
    ran_before = cluster.is_running()
    cluster.up()
    if SERVICES[App.TASK] not in cluster.images():
        raise Failure("The images of the services are missing; run `make cluster-images` first.")
    yield cluster
    if not ran_before:
        cluster.down()


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh namespace under the strictest Pod Security."""
    name = f"test-{request.node.name.replace('_', '-')[:50].rstrip('-')}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=true")


@pytest.fixture
def until() -> Until:
    """Waits for a condition; the test fails if it doesn't come true in so many seconds."""

    def wait(condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not so after {seconds} s"
            time.sleep(0.2)

    return wait
