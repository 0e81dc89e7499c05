"""Staging, deployed once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from cluster.cluster import Cluster
from tests.cluster.delivery.environment import Deployed

WAIT = "8m"


@pytest.fixture(scope="package")
def staging(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Gone afterwards: the node is small."""
    made = Deployed("staging", cluster, tmp_path_factory.mktemp("staging"))
    made.make_namespace()
    made.delivery("deploy", "--steps=secrets,data,services", "--stand-in", "--tag=dev", f"--wait={WAIT}")
    yield made
    cluster.kubectl("delete", "namespace", made.name, "--wait=false")
