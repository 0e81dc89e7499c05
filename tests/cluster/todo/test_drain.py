"""A node is emptied under people's hands: its pods go one by one, and others serve meanwhile."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from cluster.cluster import Cluster
from cluster.paths import NODE
from contracts.names import App
from tests.cluster.todo.load import Load
from tests.cluster.todo.system import System, is_ready
from tests.system.waiting import eventually

pytestmark = pytest.mark.timeout(900)

READY_SECONDS = 180


@pytest.fixture
def second_node(cluster: Cluster, own_node: None) -> Iterator[str]:
    """A node that goes again; two pods of each service, one on each node."""
    yield cluster.add_node()
    cluster.remove_node()


@pytest.fixture
def spread(system: System, second_node: str) -> Iterator[str]:
    """The second node, with one of the two pods of each service on it."""
    deployments = [f"deployment/{app}" for app in App]
    _keep(system, 2)
    system.kubectl("rollout", "restart", *deployments)
    system.cluster.wait_for_rollout(system.namespace, *deployments, seconds=READY_SECONDS)
    yield second_node
    _keep(system, 1)


def _keep(system: System, replicas: int) -> None:
    at_least = json.dumps({"spec": {"minReplicas": replicas}})
    for app in App:
        system.kubectl("patch", "hpa", app, "--type=merge", f"--patch={at_least}")


def _nodes(system: System, app: App) -> list[str]:
    return [pod["spec"]["nodeName"] for pod in system.pods(app) if is_ready(pod)]


async def _settles(system: System, app: App) -> None:
    """Until the service has its two pods again, on the node that is left."""

    async def nodes() -> list[str]:
        return await asyncio.to_thread(_nodes, system, app)

    await eventually(nodes, lambda found: found == [NODE, NODE], READY_SECONDS)


class TestDrain:
    async def test_is_not_noticed(self, system: System, spread: str, load: Load) -> None:
        for app in App:
            assert sorted(_nodes(system, app)) == [NODE, spread]
        drain = ["drain", spread, "--timeout=300s", "--delete-emptydir-data"]
        output = await asyncio.to_thread(system.cluster.kubectl, *drain)
        assert f"node/{spread} drained" in output
        for app in App:
            await _settles(system, app)
        assert load.answered > 100
