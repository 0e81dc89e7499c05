"""The smoke test of deployments, against the whole system."""

import asyncio

from delivery import smoke
from delivery.smoke import SmokeClient
from devstack.stack import Stack


class TestSmoke:
    async def test_passes_on_a_system_that_works(self, healthy: Stack) -> None:
        found = await asyncio.to_thread(lambda: list(smoke.run_checks(SmokeClient(healthy.addresses.edge))))
        assert [(name, seen) for name, passed, seen in found if not passed] == []
        assert [name for name, _, _ in found] == ["page", "anonymous", "user journey"]
