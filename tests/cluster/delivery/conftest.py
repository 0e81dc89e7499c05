"""Staging, deployed once for all tests of a module, and production beside it for a while."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from cluster.cluster import Cluster
from tests.cluster.delivery.environment import Deployed
from tests.cluster.delivery.https import Secured, secured
from tests.cluster.todo.load import Load, people_at_work

WAIT = "8m"


@pytest.fixture(scope="module")
def staging(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Gone before other tests need the node."""
    yield from deployed("staging", cluster, tmp_path_factory)


@pytest.fixture
def production(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Only while it is looked at: the node is small."""
    yield from deployed("production", cluster, tmp_path_factory)


@pytest.fixture(scope="module")
def https(staging: Deployed) -> Iterator[Secured]:
    """Staging with a gateway and a certificate, once nothing else is to be done with it."""
    with secured(staging) as found:
        yield found


def deployed(name: str, cluster: Cluster, folders: pytest.TempPathFactory) -> Iterator[Deployed]:
    made = Deployed(name, cluster, folders.mktemp(name))
    made.make_namespace()
    made.delivery("deploy", "--steps=secrets,data,services", "--ephemeral", "--tag=dev", f"--wait={WAIT}")
    yield made
    made.delete_namespace()


@pytest.fixture
async def load(staging: Deployed, record_property: Callable[[str, object], None]) -> AsyncIterator[Load]:
    """People at work in staging while the test runs, who notice nothing and lose nothing."""
    edge = await asyncio.to_thread(lambda: staging.system.edge)
    async with people_at_work(edge) as load:
        yield load
        record_property("load", load.summary)
