"""Checks of the files in monitoring/, by the programs that read them."""

from pathlib import Path

import pytest

from devstack.toolbox.ensure import ensure
from devstack.toolbox.monitoring import RULE_CHECKS

BUILD_SECONDS = 1200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(BUILD_SECONDS))


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    """promtool and amtool; on a new machine the first test waits for them to be built."""
    ensure(RULE_CHECKS)
