"""The platform, installed once by the charts for all tests of this folder."""

from collections.abc import AsyncIterator, Callable

import pytest

from cluster.cluster import Cluster
from tests.cluster.todo.load import Load, people_at_work
from tests.cluster.todo.system import System
from tests.system.api import Api, open_api


@pytest.fixture(scope="session")
def system(cluster: Cluster) -> System:
    """Left installed: the cluster goes, or the next run brings it up to date."""
    installed = System.of(cluster)
    installed.install()
    return installed


@pytest.fixture
async def nobody(system: System) -> AsyncIterator[Api]:
    """The API at the edge, without an account."""
    async with open_api(system.edge) as api:
        yield api


@pytest.fixture
async def ada(nobody: Api) -> Api:
    """A fresh account."""
    return await nobody.sign_up()


@pytest.fixture
async def load(system: System, record_property: Callable[[str, object], None]) -> AsyncIterator[Load]:
    """People at work while the test runs, who notice nothing and lose nothing."""
    async with people_at_work(system.edge) as load:
        yield load
        record_property("load", load.summary)
